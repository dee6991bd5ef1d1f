import { useEffect, useState } from 'react';

/** A text or number that is kept when the field is left or ↵ is pressed. */
export function TextSetting(props: {
  label: string;
  value: string;
  help?: string;
  placeholder?: string;
  type?: 'text' | 'number';
  min?: number;
  onSave: (value: string) => void;
}) {
  const { value, onSave } = props;
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  const save = () => {
    if (typed.trim() !== value) onSave(typed.trim());
  };
  return (
    <label className="form-field">
      <span>{props.label}</span>
      <input
        className="input"
        type={props.type ?? 'text'}
        min={props.min}
        placeholder={props.placeholder}
        value={typed}
        spellCheck={false}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={save}
        onKeyDown={(event) => {
          if (event.key === 'Enter') save();
        }}
      />
      {props.help !== undefined && <small className="help">{props.help}</small>}
    </label>
  );
}
