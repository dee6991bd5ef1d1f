/** A labelled choice among a few values. */
export function Select<T extends string | number>(props: {
  label: string;
  value: T;
  options: Readonly<Record<T, string>>;
  help?: string;
  onChange: (value: T) => void;
}) {
  const entries = Object.entries(props.options) as [string, string][];
  return (
    <label className="form-field">
      <span>{props.label}</span>
      <select
        className="input"
        value={String(props.value)}
        onChange={(event) => {
          const chosen = event.target.value;
          props.onChange((typeof props.value === 'number' ? Number(chosen) : chosen) as T);
        }}
      >
        {entries.map(([value, label]) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
      {props.help !== undefined && <small className="help">{props.help}</small>}
    </label>
  );
}
