import { type ReactNode, useId } from 'react';

/** Names of a control: its own, and that of what explains it. */
export interface FieldIds {
  readonly id: string;
  readonly 'aria-describedby': string | undefined;
}

/** A control under its label, with what explains it, which is told beside the label and not as part of it. */
export function Field(props: {
  label: string;
  help?: string | undefined;
  children: (ids: FieldIds) => ReactNode;
}) {
  const id = useId();
  const helpId = props.help === undefined ? undefined : `${id}-help`;
  return (
    <div className="form-field">
      <label htmlFor={id}>{props.label}</label>
      {props.children({ id, 'aria-describedby': helpId })}
      {helpId !== undefined && (
        <small id={helpId} className="help">
          {props.help}
        </small>
      )}
    </div>
  );
}
