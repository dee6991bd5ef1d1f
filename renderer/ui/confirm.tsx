import { Dialog, DialogDismiss, DialogHeading } from '@ariakit/react';
import { strings } from '../strings.ts';

/** Asks before something that cannot be taken back. */
export function Confirm(props: {
  open: boolean;
  title: string;
  text: string;
  action: string;
  danger?: boolean;
  onConfirm: () => void;
  onClose: () => void;
}) {
  return (
    <Dialog
      open={props.open}
      onClose={props.onClose}
      className="dialog"
      backdrop={<div className="backdrop" />}
    >
      <DialogHeading className="dialog-title">{props.title}</DialogHeading>
      <p>{props.text}</p>
      <div className="dialog-buttons">
        <DialogDismiss className="button">{strings.dialog.cancel}</DialogDismiss>
        <button
          type="button"
          className={props.danger ? 'button button-danger' : 'button button-primary'}
          onClick={() => {
            props.onClose();
            props.onConfirm();
          }}
        >
          {props.action}
        </button>
      </div>
    </Dialog>
  );
}
