import { Menu, MenuButton, MenuItemRadio, MenuProvider } from '@ariakit/react';
import { ArrowDownWideNarrow, Calendar, ChevronDown, Folder, Shapes, X } from 'lucide-react';
import { memo } from 'react';
import { baseName } from '../state/format.ts';
import { status } from '../state/status.ts';
import { useStore } from '../state/use-store.ts';
import { strings } from '../strings.ts';
import type { Filters } from './query.ts';
import { change, type SortOrder, session } from './session.ts';

interface ChoiceProps {
  readonly name: string;
  readonly icon: typeof Folder;
  readonly value: string | null;
  readonly any: string;
  readonly options: readonly (readonly [value: string, label: string])[];
  readonly onChange: (value: string | null) => void;
}

/** One filter: a button that shows what is chosen, with a menu, and a cross that takes the choice back. */
function Choice({ name, icon: Icon, value, any, options, onChange }: ChoiceProps) {
  const label =
    value === null ? name : (options.find(([option]) => option === value)?.[1] ?? baseName(value));
  return (
    <span className="filter" data-on={value !== null || undefined}>
      <MenuProvider
        values={{ [name]: value ?? '' }}
        setValues={(values) => onChange((values[name] as string) === '' ? null : (values[name] as string))}
      >
        <MenuButton className="filter-button" aria-label={value === null ? name : `${name}: ${label}`}>
          <Icon size={13} aria-hidden />
          <span className="filter-label">{label}</span>
          {value === null && <ChevronDown size={12} aria-hidden />}
        </MenuButton>
        <Menu className="menu" gutter={6} unmountOnHide>
          <MenuItemRadio className="menu-item" name={name} value="" hideOnClick>
            {any}
          </MenuItemRadio>
          {options.map(([option, text]) => (
            <MenuItemRadio key={option} className="menu-item" name={name} value={option} hideOnClick>
              {text}
            </MenuItemRadio>
          ))}
        </Menu>
      </MenuProvider>
      {value !== null && (
        <button
          type="button"
          className="filter-remove"
          aria-label={strings.filters.remove(name)}
          onClick={() => onChange(null)}
        >
          <X size={12} aria-hidden />
        </button>
      )}
    </span>
  );
}

/** Filters as chips: folder, type and date; and the order. */
export const FilterBar = memo(function FilterBar() {
  const filters = useStore(session, (now) => now.filters);
  const sort = useStore(session, (now) => now.sort);
  const folders = useStore(status, (now) => now?.folders) ?? [];
  const set = (part: Partial<Filters>) => change({ filters: { ...filters, ...part } });
  return (
    <fieldset className="filters">
      <legend className="visually-hidden">{strings.filters.label}</legend>
      <Choice
        name={strings.filters.folder}
        icon={Folder}
        value={filters.folder}
        any={strings.filters.allFolders}
        options={folders.map((folder) => [folder.path, baseName(folder.path)] as const)}
        onChange={(folder) => set({ folder })}
      />
      <Choice
        name={strings.filters.type}
        icon={Shapes}
        value={filters.type}
        any={strings.filters.allTypes}
        options={Object.entries(strings.filters.types)}
        onChange={(type) => set({ type })}
      />
      <Choice
        name={strings.filters.date}
        icon={Calendar}
        value={filters.modified}
        any={strings.filters.anyDate}
        options={strings.filters.dates}
        onChange={(modified) => set({ modified })}
      />
      <Choice
        name={strings.filters.sort}
        icon={ArrowDownWideNarrow}
        value={sort === 'relevance' ? null : sort}
        any={strings.filters.sorts.relevance}
        options={[
          ['newest', strings.filters.sorts.newest],
          ['name', strings.filters.sorts.name],
        ]}
        onChange={(value) => change({ sort: (value ?? 'relevance') as SortOrder })}
      />
    </fieldset>
  );
});
