/** A stretch of time: [from, to) in milliseconds since the epoch, open ends as ±Infinity. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

/** What `modified:` was given, kept as said: "today" means another day tomorrow. */
export type DateExpression =
  | {
      readonly kind: 'day';
      readonly year: number;
      readonly month: number | null;
      readonly day: number | null;
    }
  | { readonly kind: 'named'; readonly name: NamedPeriod }
  | { readonly kind: 'age'; readonly count: number; readonly unit: 'h' | 'd' | 'w' | 'm' | 'y' };

export interface DateFilter {
  readonly comparison: '=' | '>' | '>=' | '<' | '<=' | '..';
  /** Null only in a range that is open at that end. */
  readonly left: DateExpression | null;
  readonly right: DateExpression | null;
}

export type NamedPeriod =
  | 'today'
  | 'yesterday'
  | 'this week'
  | 'last week'
  | 'this month'
  | 'last month'
  | 'this year'
  | 'last year';

const NAMED: readonly NamedPeriod[] = [
  'today',
  'yesterday',
  'this week',
  'last week',
  'this month',
  'last month',
  'this year',
  'last year',
];

/** @returns null when the value is no date that `modified:` knows */
export function parseDateFilter(value: string): DateFilter | null {
  const text = value.trim().toLowerCase();
  const range = /^(.*?)\.\.(.*)$/s.exec(text);
  if (range !== null) {
    const [, leftText = '', rightText = ''] = range;
    const left = parseDate(leftText);
    const right = parseDate(rightText);
    if ((left === null && leftText.trim() !== '') || (right === null && rightText.trim() !== '')) return null;
    return left === null && right === null ? null : { comparison: '..', left, right };
  }
  const compared = /^(>=|<=|>|<|=)?(.*)$/s.exec(text);
  const left = parseDate(compared?.[2] ?? '');
  if (left === null) return null;
  return { comparison: (compared?.[1] ?? '=') as DateFilter['comparison'], left, right: null };
}

function parseDate(value: string): DateExpression | null {
  const text = value.trim();
  const name = text.replace(/[\s_-]+/g, ' ');
  const named = NAMED.find((period) => period === name || period.replace(' ', '') === name);
  if (named !== undefined) return { kind: 'named', name: named };
  const age = /^(\d{1,4})([hdwmy])$/.exec(text);
  if (age !== null) {
    return { kind: 'age', count: Number(age[1]), unit: age[2] as 'h' | 'd' | 'w' | 'm' | 'y' };
  }
  const day = /^(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?$/.exec(text);
  if (day === null) return null;
  const year = Number(day[1]);
  const month = day[2] === undefined ? null : Number(day[2]);
  const date = day[3] === undefined ? null : Number(day[3]);
  if (month !== null && (month < 1 || month > 12)) return null;
  if (date !== null && (date < 1 || date > daysIn(year, month ?? 1))) return null;
  return { kind: 'day', year, month, day: date };
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/**
 * The stretch of time that a filter means at `now`, in the machine's time zone; weeks begin on Monday. An age by
 * itself means "in the last …"; `<7d` means younger, `>7d` older than seven days.
 */
export function resolveDateFilter(filter: DateFilter, now: number): TimeRange {
  const { left, right, comparison } = filter;
  if (comparison === '..') {
    return {
      from: left === null ? Number.NEGATIVE_INFINITY : rangeOf(left, now).from,
      to:
        right === null
          ? Number.POSITIVE_INFINITY
          : right.kind === 'age'
            ? ageStart(right, now)
            : rangeOf(right, now).to,
    };
  }
  if (left === null) return { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
  const range = rangeOf(left, now);
  const older = left.kind === 'age';
  switch (comparison) {
    case '=':
      return range;
    case '>':
    case '>=':
      if (older) return { from: Number.NEGATIVE_INFINITY, to: range.from };
      return { from: comparison === '>' ? range.to : range.from, to: Number.POSITIVE_INFINITY };
    default:
      if (older) return { from: range.from, to: Number.POSITIVE_INFINITY };
      return { from: Number.NEGATIVE_INFINITY, to: comparison === '<' ? range.from : range.to };
  }
}

function rangeOf(expression: DateExpression, now: number): TimeRange {
  switch (expression.kind) {
    case 'age':
      return { from: ageStart(expression, now), to: Number.POSITIVE_INFINITY };
    case 'named':
      return namedRange(expression.name, now);
    default:
      return dayRange(expression);
  }
}

function dayRange({ year, month, day }: Extract<DateExpression, { kind: 'day' }>): TimeRange {
  if (month === null) return { from: localDay(year, 0, 1), to: localDay(year + 1, 0, 1) };
  if (day === null) return { from: localDay(year, month - 1, 1), to: localDay(year, month, 1) };
  return { from: localDay(year, month - 1, day), to: localDay(year, month - 1, day + 1) };
}

/** Local midnight; unlike the Date constructor it takes the years 0 to 99 as they are. */
function localDay(year: number, month: number, day: number): number {
  const date = new Date(2000, 0, 1);
  date.setFullYear(year, month, day);
  return date.getTime();
}

function namedRange(name: NamedPeriod, now: number): TimeRange {
  const date = new Date(now);
  const [year, month, day] = [date.getFullYear(), date.getMonth(), date.getDate()];
  const monday = day - ((date.getDay() + 6) % 7);
  switch (name) {
    case 'today':
      return { from: localDay(year, month, day), to: localDay(year, month, day + 1) };
    case 'yesterday':
      return { from: localDay(year, month, day - 1), to: localDay(year, month, day) };
    case 'this week':
      return { from: localDay(year, month, monday), to: localDay(year, month, monday + 7) };
    case 'last week':
      return { from: localDay(year, month, monday - 7), to: localDay(year, month, monday) };
    case 'this month':
      return { from: localDay(year, month, 1), to: localDay(year, month + 1, 1) };
    case 'last month':
      return { from: localDay(year, month - 1, 1), to: localDay(year, month, 1) };
    case 'this year':
      return { from: localDay(year, 0, 1), to: localDay(year + 1, 0, 1) };
    default:
      return { from: localDay(year - 1, 0, 1), to: localDay(year, 0, 1) };
  }
}

/** The moment that lies an age before now; months and years by the calendar, ending at the month's last day. */
function ageStart({ count, unit }: Extract<DateExpression, { kind: 'age' }>, now: number): number {
  const hour = 3_600_000;
  if (unit === 'h') return now - count * hour;
  if (unit === 'd') return now - count * 24 * hour;
  if (unit === 'w') return now - count * 7 * 24 * hour;
  const date = new Date(now);
  const months = date.getFullYear() * 12 + date.getMonth() - count * (unit === 'm' ? 1 : 12);
  const [year, month] = [Math.floor(months / 12), ((months % 12) + 12) % 12];
  date.setFullYear(year, month, Math.min(date.getDate(), daysIn(year, month + 1)));
  return date.getTime();
}
