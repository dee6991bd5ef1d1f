import type { Highlight } from '../contract/search.ts';

/** Background colours of the 256-colour palette from faint to strong; underline and bold carry it without colour. */
const STEPS = [
  '48;5;230;38;5;16',
  '48;5;229;38;5;16',
  '48;5;222;38;5;16',
  '48;5;214;38;5;16;1',
  '48;5;208;38;5;16;1',
];
const RESET = '\u001b[0m';

/** The step 1 … 5 of a heat, 0 for none. */
export function heatStep(heat: number): number {
  return heat <= 0 ? 0 : Math.min(5, Math.floor(heat * 5) + 1);
}

/**
 * Paints the highlights of one part of a passage.
 * @param colour false leaves the words as they are, with the strongest ones between » and «
 */
export function paint(
  text: string,
  highlights: readonly Highlight[],
  part: Highlight['part'],
  colour: boolean,
): string {
  const marks = highlights.filter((mark) => mark.part === part).toSorted((a, b) => a.start - b.start);
  let painted = '';
  let at = 0;
  for (const mark of marks) {
    if (mark.start < at || mark.end > text.length) continue;
    painted += text.slice(at, mark.start);
    const word = text.slice(mark.start, mark.end);
    const step = heatStep(mark.heat);
    const style = [...(step > 0 ? [STEPS[step - 1] ?? ''] : []), ...(mark.exact ? ['4'] : [])].join(';');
    if (style === '') painted += word;
    else painted += colour ? `\u001b[${style}m${word}${RESET}` : word;
    at = mark.end;
  }
  return painted + text.slice(at);
}

/** Bold, faint or plain text on a terminal. */
export function styled(text: string, style: 'bold' | 'faint' | 'path', colour: boolean): string {
  if (!colour) return text;
  const code = style === 'bold' ? '1' : style === 'faint' ? '2' : '1;34';
  return `\u001b[${code}m${text}${RESET}`;
}

/** Five-step strength, "●●●○○". */
export function dots(strength: number): string {
  const filled = Math.round(Math.max(0, Math.min(1, strength)) * 5);
  return '●'.repeat(filled) + '○'.repeat(5 - filled);
}
