import { api } from '../api/api.ts';
import { shellInfo } from './status.ts';

/** Puts a text on the clipboard; the desktop window asks its shell, which it has no permission to go around. */
export async function writeClipboard(text: string): Promise<void> {
  if (shellInfo.get()?.surface === 'desktop') await api.shell('copyText', { text });
  else await navigator.clipboard.writeText(text);
}
