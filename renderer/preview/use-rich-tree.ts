import type { Root } from 'hast';
import { startTransition, useEffect, useState } from 'react';
import { startOwnWorker } from './own-worker.ts';
import type { RichAnswer, RichQuestion } from './rich-tree.ts';

let worker: Worker | null = null;
let nextId = 1;

/** Parses a source in the worker that all previews share. */
function ask(question: Omit<RichQuestion, 'id'>, done: (answer: RichAnswer) => void): () => void {
  worker ??= startOwnWorker('rich');
  const asked = worker;
  const id = nextId;
  nextId += 1;
  const receive = ({ data }: MessageEvent<RichAnswer>) => {
    if (data.id !== id) return;
    asked.removeEventListener('message', receive);
    done(data);
  };
  asked.addEventListener('message', receive);
  asked.postMessage({ id, ...question } satisfies RichQuestion);
  return () => asked.removeEventListener('message', receive);
}

/**
 * The safe tree of a source; null until it is there.
 * @throws the parser's error, while rendering, for the boundary around the preview
 */
export function useRichTree(source: string, language: 'markdown' | 'html'): Root | null {
  const [state, setState] = useState<{ source: string; tree: Root } | null>(null);
  const [failed, setFailed] = useState<string | null>(null);
  useEffect(
    () =>
      ask({ source, language }, ({ tree, message }) => {
        if (tree === null) setFailed(message ?? '');
        // Laying it out may take many frames; React gives way in between.
        else startTransition(() => setState({ source, tree }));
      }),
    [source, language],
  );
  if (failed !== null) throw new Error(failed);
  return state?.source === source ? state.tree : null;
}
