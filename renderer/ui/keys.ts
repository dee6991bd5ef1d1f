import { shellInfo } from '../state/status.ts';

/** Whether the modifier of shortcuts is ⌘. */
export const onMac = (): boolean => shellInfo.get()?.platform === 'macos';

/** Ctrl, or ⌘ on a Mac. */
export const modified = (event: { ctrlKey: boolean; metaKey: boolean }): boolean =>
  onMac() ? event.metaKey : event.ctrlKey;

/** How the modifier is written in hints. */
export const modifierName = (): string => (onMac() ? '⌘' : 'Ctrl ');
