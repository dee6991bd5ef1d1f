import type { LucideIcon } from 'lucide-react';

/** A button that shows an icon and is named by its label. */
export function IconButton(props: {
  icon: LucideIcon;
  label: string;
  onClick: () => void;
  pressed?: boolean;
  disabled?: boolean;
}) {
  const Icon = props.icon;
  return (
    <button
      type="button"
      className="icon-button"
      aria-label={props.label}
      title={props.label}
      aria-pressed={props.pressed}
      disabled={props.disabled}
      onClick={props.onClick}
    >
      <Icon size={16} strokeWidth={1.75} aria-hidden />
    </button>
  );
}
