import { Check, CircleAlert, Info, X } from 'lucide-react';
import { dismiss, toasts } from '../state/toasts.ts';
import { useStore } from '../state/use-store.ts';
import { strings } from '../strings.ts';

const ICONS = { done: Check, error: CircleAlert, notice: Info };

/** Short messages at the foot of the window. */
export function Toasts() {
  const all = useStore(toasts);
  return (
    <div className="toasts" role="status" aria-live="polite">
      {all.map((toast) => {
        const Icon = ICONS[toast.kind];
        return (
          <div key={toast.id} className={`toast toast-${toast.kind}`}>
            <Icon size={15} aria-hidden />
            <span>{toast.message}</span>
            <button
              type="button"
              className="icon-button"
              aria-label={strings.dismiss}
              onClick={() => dismiss(toast.id)}
            >
              <X size={14} aria-hidden />
            </button>
          </div>
        );
      })}
    </div>
  );
}
