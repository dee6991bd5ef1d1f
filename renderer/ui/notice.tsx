import { CircleAlert, Info, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';

const ICONS = { info: Info, warn: TriangleAlert, error: CircleAlert };

/** A line or box that tells something and what to do about it. */
export function Notice(props: { kind: keyof typeof ICONS; title?: string; children?: ReactNode }) {
  const Icon = ICONS[props.kind];
  return (
    <div className={`notice notice-${props.kind}`} role={props.kind === 'error' ? 'alert' : 'status'}>
      <Icon size={16} aria-hidden />
      <div>
        {props.title !== undefined && <strong>{props.title}</strong>} {props.children}
      </div>
    </div>
  );
}
