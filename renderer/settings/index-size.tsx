import type { Status } from '../../app/contract/engine.ts';
import {
  INDEX_SIZES,
  type IndexSize,
  indexSizeOf,
  type Settings,
  type SizeSettings,
  settingsOfSize,
} from '../../app/contract/settings.ts';
import { formatBytes } from '../state/format.ts';
import { strings } from '../strings.ts';
import { Select } from '../ui/select.tsx';

/** Tokens of a passage, about: sizes are told for a passage, which people can picture. */
const TOKENS_PER_PASSAGE = 110;

/** Smaller or better: each step with what it takes and what it costs. */
export function IndexSizeSetting({
  settings,
  now,
  onChange,
}: {
  settings: Settings;
  now: Status | null;
  onChange: (choice: SizeSettings) => void;
}) {
  const text = strings.settings;
  const chosen = indexSizeOf(settings);
  const label = (size: IndexSize): string => {
    const { bytesPerToken, lost } = INDEX_SIZES[size];
    return text.sizeStep(text.sizes[size], formatBytes(bytesPerToken * TOKENS_PER_PASSAGE), lost);
  };
  const steps: Record<IndexSize, string> = {
    small: label('small'),
    medium: label('medium'),
    large: label('large'),
    exact: label('exact'),
  };
  return (
    <Select<IndexSize | 'own'>
      label={text.size}
      value={chosen ?? 'own'}
      options={
        chosen === null ? { ...steps, own: text.sizeOwn } : (steps as Record<IndexSize | 'own', string>)
      }
      help={text.sizeHelp(formatBytes(now?.diskBytes ?? 0), now?.files ?? 0)}
      onChange={(size) => {
        if (size !== 'own') onChange(settingsOfSize(size));
      }}
    />
  );
}
