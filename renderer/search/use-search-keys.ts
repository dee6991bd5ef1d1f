import { type RefObject, useEffect, useRef, useState } from 'react';
import type { FileResult, PassageResult } from '../../app/contract/search.ts';
import { api } from '../api/api.ts';
import { shellInfo } from '../state/status.ts';
import { showError } from '../state/toasts.ts';
import { modified } from '../ui/keys.ts';
import { openPassage, revealPassage, toggleSelected } from './act.ts';
import { isFileHit, type Rows } from './rows.ts';
import { activeId, change, choose, session, similar, toggleMore } from './session.ts';

export interface Hit {
  readonly file: FileResult;
  readonly passage: PassageResult;
}

interface KeyContext {
  readonly rows: Rows;
  readonly current: Hit | null;
  readonly field: RefObject<HTMLInputElement | null>;
  readonly root: RefObject<HTMLElement | null>;
}

const STEPS: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, PageDown: 6, PageUp: -6 };

const isLetter = (event: KeyboardEvent): boolean =>
  event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;

/** Asks the preview to step to another match. */
export const stepMatch = (direction: 1 | -1): boolean =>
  window.dispatchEvent(new CustomEvent('passim-step', { detail: direction }));

/** Keys of the search: the field keeps the focus while the results are walked through. */
export function useSearchKeys({ rows, current, field, root }: KeyContext) {
  const [open, setOpen] = useState(false);
  const before = useRef<Element | null>(null);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || !(event.target instanceof HTMLElement)) return;
      if (event.target.closest('[role="menu"], [role="dialog"]')) return;
      const inField = event.target === field.current;
      const inList = event.target.closest('.results') !== null;
      const inChips = event.target.closest('.chips') !== null;
      const inPreview = event.target.closest('.preview') !== null;
      const onButton = event.target.closest('button, a') !== null;
      const handled = (): boolean => {
        if (modified(event) && event.key.toLowerCase() === 'k' && current !== null) {
          before.current = document.activeElement;
          setOpen((was) => !was);
          return true;
        }
        if (event.altKey && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
          stepMatch(event.key === 'ArrowDown' ? 1 : -1);
          return true;
        }
        if (event.key === 'Escape') return stepBack(inField);
        if (session.get().text.trim() === '') return walkRecent(event);
        const step = STEPS[event.key];
        if ((inField || inList) && step !== undefined && rows.passages.length > 0) {
          if (event.key !== 'ArrowUp' || !toChips()) walk(step);
          return true;
        }
        if (inChips && isLetter(event) && event.key !== ' ') {
          field.current?.focus();
          return false;
        }
        if (event.key === 'Enter' && current !== null && !onButton) return enter(event);
        if (inField && event.key === 'Tab' && !event.shiftKey && current !== null) {
          root.current?.querySelector<HTMLElement>('.preview-body')?.focus();
          return true;
        }
        if (inList && current !== null) return inListKeys(event);
        if (inPreview && (event.key === 'n' || event.key === 'p') && !modified(event)) {
          stepMatch(event.key === 'n' ? 1 : -1);
          return true;
        }
        return false;
      };
      if (handled()) event.preventDefault();
    };

    // Under the empty field: ↓ goes into the recent searches, ↑ from the first back to the field.
    const walkRecent = (event: KeyboardEvent): boolean => {
      const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
      const recent = [...(root.current?.querySelectorAll<HTMLElement>('.recent-query') ?? [])];
      if (step === 0 || recent.length === 0) return false;
      const at = recent.indexOf(event.target as HTMLElement) + step;
      if (at < 0) field.current?.focus();
      else recent[Math.min(at, recent.length - 1)]?.focus();
      return true;
    };
    // The query's words stand above the first result.
    const toChips = (): boolean => {
      if (activeId.get() !== rows.passages[0]?.passage.id) return false;
      const chip = root.current?.querySelector<HTMLElement>('.chip');
      chip?.focus();
      return chip !== null && chip !== undefined;
    };
    const walk = (step: number) => {
      const at = rows.passages.findIndex(({ passage }) => passage.id === activeId.get());
      const next = Math.max(0, Math.min(rows.passages.length - 1, at + step));
      choose(rows.passages[next]?.passage.id ?? null);
    };
    const select = ({ file, passage }: Hit) => {
      if (!isFileHit(passage)) toggleSelected(file, passage);
    };
    const enter = (event: KeyboardEvent): boolean => {
      if (current === null) return false;
      if (event.shiftKey) select(current);
      else if (modified(event)) revealPassage(current.passage.id);
      else openPassage(current.passage.id);
      return true;
    };
    const stepBack = (inField: boolean): boolean => {
      if (!inField) field.current?.focus();
      else if (similar.get() !== null) similar.set(null);
      else if (session.get().text !== '') change({ text: '' });
      else if (shellInfo.get()?.surface === 'desktop') api.shell('hideWindow', {}).catch(showError);
      else return false;
      return true;
    };
    const inListKeys = (event: KeyboardEvent): boolean => {
      if (current === null) return false;
      if (event.key === ' ') select(current);
      else if (event.key === 'ArrowRight' || event.key === 'ArrowLeft')
        toggleMore(current.file.path).catch(showError);
      else if (isLetter(event)) {
        field.current?.focus();
        return false;
      } else return false;
      return true;
    };

    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, [rows, current, field, root]);
  /** The focus goes back to where it was: an action that changes the page would lose it. */
  const close = () => {
    setOpen(false);
    requestAnimationFrame(() => {
      if (document.activeElement !== document.body) return;
      const last = before.current;
      if (last instanceof HTMLElement && last.isConnected && last !== document.body) last.focus();
      else field.current?.focus();
    });
  };
  return { open, close };
}
