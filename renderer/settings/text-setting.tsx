import { useEffect, useState } from 'react';
import { Field } from '../ui/field.tsx';

/** A text or number that is kept when the field is left or ↵ is pressed. */
export function TextSetting(props: {
  label: string;
  value: string;
  help?: string;
  placeholder?: string;
  type?: 'text' | 'number';
  min?: number;
  /** False when the value cannot be taken; the field shows the last one again then. */
  onSave: (value: string) => boolean;
}) {
  const { value, onSave } = props;
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  const save = () => {
    if (typed.trim() !== value && !onSave(typed.trim())) setTyped(value);
  };
  return (
    <Field label={props.label} help={props.help}>
      {(ids) => (
        <input
          {...ids}
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
      )}
    </Field>
  );
}
