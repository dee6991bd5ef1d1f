import type { Bar } from './bars.ts';

interface Report {
  readonly machine: Record<string, unknown>;
  readonly corpora: readonly Record<string, unknown>[];
  readonly bars: readonly Bar[];
}

const shown = (value: number): string =>
  Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 1 ? value.toFixed(1) : value.toPrecision(2);

function verdict({ held }: Bar): string {
  return held === null ? '–' : held ? 'yes' : 'no';
}

/** The report as Markdown; `picture` is the file name of the picture beside it. */
export function markdown(report: Report, picture: string): string {
  const lines = [
    '# Benchmark',
    '',
    ...Object.entries(report.machine).map(([key, value]) => `- ${key}: ${value}`),
    '',
  ];
  lines.push(
    `![Bars reached](${picture})`,
    '',
    '| what | measured | bar | reached | how |',
    '|---|---|---|---|---|',
  );
  for (const bar of report.bars) {
    const value = bar.value === null ? '–' : `${shown(bar.value)} ${bar.unit}`;
    lines.push(
      `| ${bar.what} | ${value} | ${bar.direction} ${bar.bar} ${bar.unit} | ${verdict(bar)} | ${bar.note} |`,
    );
  }
  for (const corpus of report.corpora) {
    lines.push('', `## ${corpus['wanted']} passages`, '', '```json', JSON.stringify(corpus, null, 2), '```');
  }
  return `${lines.join('\n')}\n`;
}

const WIDTH = 900;
const ROW = 30;
const LABEL = 360;
const GREEN = '#2f855a';
const RED = '#c05621';

const escaped = (text: string): string => text.replace(/[&<>]/g, (c) => `&#${c.charCodeAt(0)};`);

/** One row for each bar that was measured: how far it is from its mark, on a logarithmic scale. */
export function picture(bars: readonly Bar[]): string {
  const rows = bars.filter((bar): bar is Bar & { value: number } => bar.value !== null && bar.value > 0);
  const height = ROW * rows.length + 40;
  const middle = LABEL + (WIDTH - LABEL) / 2;
  const body = rows.map((bar, i) => {
    const better = bar.direction === 'at most' ? bar.bar / bar.value : bar.value / bar.bar;
    const length = Math.min(1, Math.abs(Math.log10(Math.max(better, 1e-3)))) * ((WIDTH - LABEL) / 2 - 90);
    const y = 30 + i * ROW;
    const left = better >= 1 ? middle : middle - length;
    const end = better >= 1 ? middle + length + 6 : middle + 6;
    return (
      `<text x="${LABEL - 10}" y="${y + 14}" text-anchor="end">${escaped(bar.what)}</text>` +
      `<rect x="${left}" y="${y + 2}" width="${Math.max(2, length)}" height="16" fill="${better >= 1 ? GREEN : RED}"/>` +
      `<text x="${end}" y="${y + 14}">${shown(bar.value)} ${escaped(bar.unit)} (${bar.direction} ${bar.bar})</text>`
    );
  });
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="system-ui, sans-serif" font-size="12">` +
    `<rect width="100%" height="100%" fill="white"/><text x="${middle}" y="18" text-anchor="middle">bar</text>` +
    `<line x1="${middle}" y1="24" x2="${middle}" y2="${height - 8}" stroke="#888"/>${body.join('')}</svg>\n`
  );
}
