import type { ExportItem } from '../../../app/export/index.ts';

let next = 0;

/** An export item with everything set; `change` overrides. */
export function item(change: Partial<ExportItem> = {}): ExportItem {
  next += 1;
  const text = change.text ?? 'The tenant may end the contract with three months’ notice.';
  return {
    id: `p${next}`,
    queries: ['cancel the flat'],
    path: '/home/ines/Home/lease.pdf',
    name: 'lease.pdf',
    title: 'Lease',
    headings: ['7. Ending the contract'],
    placeLabel: 'page 3',
    place: { kind: 'page', page: 3, item: 12, itemStart: 0 },
    text,
    start: 1000,
    end: (change.start ?? 1000) + text.length,
    score: 1,
    highlights: [],
    alsoIn: [],
    ...change,
  };
}
