import { Field } from './field.tsx';

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
    <Field label={props.label} help={props.help}>
      {(ids) => (
        <select
          {...ids}
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
      )}
    </Field>
  );
}
