import { describe, expect, it } from 'vitest';
import { PassimError } from '../../../app/contract/errors.ts';
import type { FileResult, SearchInput, SearchResponse } from '../../../app/contract/search.ts';
import type { PassimApi } from '../../../app/contract/shell.ts';
import { SearchController } from '../../../renderer/search/controller.ts';

interface Asked {
  readonly query: string;
  readonly files: number | undefined;
  readonly signal: AbortSignal | undefined;
  answer(): void;
  fail(error: Error): void;
}

const fileNamed = (name: string): FileResult => ({
  path: `/files/${name}`,
  name,
  root: '/files',
  format: 'text',
  family: 'text',
  title: '',
  size: 1,
  modified: 0,
  score: 1,
  strength: 1,
  nameMatches: [],
  passages: [],
  morePassages: 0,
});

/** A controller whose timers and answers come when the test says so. */
function setUp() {
  const asked: Asked[] = [];
  const timers: { task: () => void; live: boolean }[] = [];
  const call = (_: string, input: SearchInput, signal?: AbortSignal) =>
    new Promise<SearchResponse>((resolve, reject) => {
      const response: SearchResponse = {
        query: input.query,
        tookMs: 1,
        stages: {},
        words: [],
        results: Array.from({ length: input.k ?? 0 }, (_, index) => fileNamed(`${input.query} ${index}`)),
        notices: [],
        coverage: { searchable: 1, known: 1 },
      };
      asked.push({
        query: input.query,
        files: input.k,
        signal,
        answer: () => resolve(response),
        fail: reject,
      });
    });
  const controller = new SearchController({
    api: { call: call as PassimApi['call'] },
    after: (_, task) => {
      const timer = { task, live: true };
      timers.push(timer);
      return () => {
        timer.live = false;
      };
    },
  });
  const quiet = () => {
    for (const timer of timers.splice(0)) if (timer.live) timer.task();
  };
  const settle = () => new Promise((resolve) => setTimeout(resolve, 0));
  return { controller, asked, quiet, settle, state: () => controller.state.get() };
}

const type = (controller: SearchController, query: string) => controller.request({ query });

describe('search as you type', () => {
  it('searches with the first key, and skips what is typed over while that search runs', () => {
    const { controller, asked, quiet, state } = setUp();
    for (const query of ['l', 'le', 'lea', 'lease']) type(controller, query);
    expect(asked.map((each) => each.query)).toEqual(['l']);
    quiet();
    expect(asked.map((each) => each.query)).toEqual(['l', 'lease']);
    expect(asked[0]?.signal?.aborted).toBe(true);
    expect(state().searching).toBe(true);
  });

  it('goes on with the last words as soon as the search before has answered', async () => {
    const { controller, asked, quiet, settle, state } = setUp();
    for (const query of ['l', 'le', 'lease']) type(controller, query);
    asked[0]?.answer();
    await settle();
    expect(asked.map((each) => each.query)).toEqual(['l', 'lease']);
    expect(state()).toMatchObject({ searching: true, response: { query: 'l' } });
    quiet();
    expect(asked).toHaveLength(2);
    asked[1]?.answer();
    await settle();
    expect(state()).toMatchObject({ searching: false, response: { query: 'lease' } });
  });

  it('asks for the first files, and for the others once the words have stayed', async () => {
    const { controller, asked, quiet, settle, state } = setUp();
    controller.request({ query: 'lease', k: 20 });
    asked[0]?.answer();
    await settle();
    expect(asked.map((each) => each.files)).toEqual([8]);
    expect(state()).toMatchObject({ searching: false, complete: false });
    quiet();
    expect(state()).toMatchObject({ searching: false, complete: false });
    asked[1]?.answer();
    await settle();
    expect(asked.map((each) => each.files)).toEqual([8, 20]);
    expect(state()).toMatchObject({ searching: false, complete: true, request: { k: 20 } });
    expect(state().response?.results).toHaveLength(20);
  });

  it('does not ask for the others when more is typed, nor when there are none', async () => {
    const { controller, asked, quiet, settle, state } = setUp();
    controller.request({ query: 'le', k: 20 });
    asked[0]?.answer();
    await settle();
    controller.request({ query: 'lease', k: 3 });
    asked[1]?.answer();
    await settle();
    quiet();
    expect(asked.map((each) => [each.query, each.files])).toEqual([
      ['le', 8],
      ['lease', 3],
    ]);
    expect(state().complete).toBe(true);
  });

  it('takes away nothing that is shown when it searches again in whole', async () => {
    const { controller, asked, settle, state } = setUp();
    controller.request({ query: 'lease', k: 20 }, 'whole');
    asked[0]?.answer();
    await settle();
    expect(asked.map((each) => each.files)).toEqual([20]);
    expect(state().complete).toBe(true);
  });

  it('searches at once when asked to', () => {
    const { controller, asked } = setUp();
    controller.request({ query: 'lease' }, 'now');
    expect(asked).toHaveLength(1);
  });

  it('never lets an older answer take the place of a newer one', async () => {
    const { controller, asked, settle, state } = setUp();
    controller.request({ query: 'first' }, 'now');
    controller.request({ query: 'second' }, 'now');
    asked[1]?.answer();
    await settle();
    expect(state().response?.query).toBe('second');
    asked[0]?.answer();
    await settle();
    expect(state().response?.query).toBe('second');
    expect(state().searching).toBe(false);
  });

  it('cancels the search that a newer one replaces', () => {
    const { controller, asked } = setUp();
    controller.request({ query: 'first' }, 'now');
    controller.request({ query: 'second' }, 'now');
    expect(asked[0]?.signal?.aborted).toBe(true);
    expect(asked[1]?.signal?.aborted).toBe(false);
  });

  it('keeps the results in place while newer ones are waited for', async () => {
    const { controller, asked, quiet, settle, state } = setUp();
    controller.request({ query: 'first' }, 'now');
    asked[0]?.answer();
    await settle();
    type(controller, 'first words');
    quiet();
    expect(state()).toMatchObject({ searching: true, response: { query: 'first' } });
  });

  it('tells an error, keeps the results, and forgets the error with the next answer', async () => {
    const { controller, asked, settle, state } = setUp();
    controller.request({ query: 'a' }, 'now');
    asked[0]?.answer();
    await settle();
    controller.request({ query: 'a size:x' }, 'now');
    asked[1]?.fail(new PassimError('query-syntax', 'size:x cannot be understood'));
    await settle();
    expect(state()).toMatchObject({
      searching: false,
      response: { query: 'a' },
      error: { code: 'query-syntax' },
    });
    controller.request({ query: 'a size:1' }, 'now');
    asked[2]?.answer();
    await settle();
    expect(state().error).toBeNull();
  });

  it('does not take a cancelled search for an error', async () => {
    const { controller, asked, settle, state } = setUp();
    controller.request({ query: 'a' }, 'now');
    asked[0]?.fail(new PassimError('cancelled', 'cancelled'));
    await settle();
    expect(state().error).toBeNull();
  });

  it('clears with an empty query, and an answer on its way no longer counts', async () => {
    const { controller, asked, settle, state } = setUp();
    controller.request({ query: 'a' }, 'now');
    type(controller, '  ');
    asked[0]?.answer();
    await settle();
    expect(state()).toEqual({ response: null, request: null, searching: false, complete: true, error: null });
    expect(asked[0]?.signal?.aborted).toBe(true);
  });
});
