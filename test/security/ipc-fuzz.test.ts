// Messages that no honest window sends, to the main process and to the preload script.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ENGINE_CALLS } from '../../app/contract/engine.ts';
import { ERROR_CODES } from '../../app/contract/errors.ts';
import { IPC_REQUESTS } from '../../app/contract/ipc.ts';
import { SHELL_CALLS } from '../../app/contract/shell.ts';
import { createBridge } from '../../main/preload/bridge.ts';
import { type Desktop, startDesktop } from '../fakes/desktop.ts';

interface Envelope {
  readonly ok: boolean;
  readonly value?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
}

const CALLS = [...Object.keys(ENGINE_CALLS), ...Object.keys(SHELL_CALLS)];
/** Effects of the shell that a person would notice. */
const EFFECTS = [
  'shell.openPath',
  'shell.showItemInFolder',
  'clipboard.writeText',
  'app.setLoginItemSettings',
  'dialog.showOpenDialog',
];

let desktop: Desktop;
const start = async () => {
  desktop = await startDesktop();
  await expect.poll(() => desktop.engine.calls.length).toBeGreaterThan(0);
  return desktop;
};
const invoke = async (channel: string, message: unknown) =>
  (await desktop.electron.invoke(channel, message)) as Envelope;
const effects = () => desktop.electron.calls.filter((call) => EFFECTS.includes(call.name));

/** Anything that can cross between processes. */
const anything = fc.anything({
  maxDepth: 4,
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withNullPrototype: true,
  withSparseArray: true,
  withTypedArray: true,
});

/** Messages that are nearly right. */
const nearly = fc.record(
  {
    name: fc.oneof(fc.constantFrom(...CALLS, '__proto__', 'constructor', 'stop', 'eraseAll'), anything),
    input: fc.oneof(
      anything,
      fc.dictionary(
        fc.constantFrom(
          'id',
          'path',
          'query',
          'k',
          'text',
          'confirm',
          'hotkey',
          'history',
          'from',
          'count',
          'tokenWeights',
        ),
        anything,
      ),
    ),
    ticket: fc.oneof(fc.nat(), anything),
    id: fc.oneof(fc.string(), anything),
  },
  { requiredKeys: [] },
);

describe('messages to the main process', () => {
  it('are heard on the channels of the contract and on no other', async () => {
    const { electron } = await start();
    const channels = [...electron.invocations.keys(), ...electron.messages.keys()];
    expect(channels.sort()).toEqual(Object.keys(IPC_REQUESTS).sort());
    for (const channel of ['passim:eval', 'passim', 'ELECTRON_BROWSER_REQUIRE', '__proto__', ''])
      await expect(electron.invoke(channel, {})).rejects.toThrow('No handler');
  });

  it('get a value or a typed error, 10,000 of them, and open, copy and change nothing', async () => {
    await start();
    let answered = 0;
    const channels = [...desktop.electron.invocations.keys()];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...channels),
        fc.array(fc.oneof(anything, nearly), { minLength: 25, maxLength: 25 }),
        async (channel, messages) => {
          for (const message of messages) {
            const answer = await invoke(channel, message);
            answered += 1;
            if (!answer.ok) expect(Object.keys(ERROR_CODES)).toContain(answer.error?.code);
          }
          desktop.electron.send('passim:cancel', messages[0]);
          desktop.electron.send('passim:listen', messages[1]);
          desktop.electron.send('passim:extent', messages[2]);
        },
      ),
      { numRuns: 400 },
    );
    expect(answered).toBe(10_000);
    expect(effects().filter(({ name }) => name.startsWith('shell.'))).toEqual([]);
    expect(desktop.restarts.count).toBe(0);
    expect(await invoke('passim:shell', { name: 'getPreferences' })).toMatchObject({ ok: true });
  }, 120_000);

  it('of a frame that is not the window’s have no effect, however right they are', async () => {
    const { electron, folder } = await start();
    const own = electron.ownEvent();
    const foreign = { ...own, senderFrame: { origin: 'https://example.org', url: 'https://example.org/' } };
    const before = desktop.engine.calls.length;
    for (const [channel, message] of [
      ['passim:call', { name: 'pause', input: {}, ticket: 1 }],
      ['passim:call', { name: 'addFolder', input: { path: '/etc' }, ticket: 2 }],
      ['passim:shell', { name: 'openPassage', input: { id: `${folder}/lease.md#0` } }],
      ['passim:shell', { name: 'eraseAll', input: { confirm: 'erase' } }],
      ['passim:shell', { name: 'copyText', input: { text: 'x' } }],
      ['passim:read-file', { id: `${folder}/lease.md#0`, ticket: 3 }],
    ] as const) {
      expect(await electron.invoke(channel, message, foreign)).toMatchObject({
        ok: false,
        error: { code: 'not-allowed' },
      });
    }
    electron.send('passim:listen', {}, foreign);
    desktop.engine.emit({ type: 'notice', level: 'info', message: 'for the window alone' });
    expect(desktop.engine.calls.length).toBe(before);
    expect(effects()).toEqual([]);
    expect(electron.window.webContents.sent).toEqual([]);
  });

  it('of 50 MB are refused before anything looks at them', async () => {
    await start();
    const huge = 'x'.repeat(50 * 1024 * 1024);
    const before = desktop.engine.calls.length;
    for (const [channel, message] of [
      ['passim:call', { name: 'search', input: { query: huge }, ticket: 1 }],
      ['passim:call', { name: huge, input: {}, ticket: 1 }],
      ['passim:call', { name: 'addFolder', input: { path: huge }, ticket: 1 }],
      ['passim:call', { name: 'search', input: { query: 'a', [huge]: 1 }, ticket: 1 }],
      ['passim:shell', { name: 'copyText', input: { text: huge } }],
      ['passim:shell', { name: 'setPreferences', input: { promptTemplate: huge } }],
      ['passim:read-file', { id: huge, ticket: 1 }],
      ['passim:shell', huge],
    ] as const) {
      expect(await invoke(channel, message), channel).toMatchObject({
        ok: false,
        error: { code: 'bad-request' },
      });
    }
    expect(desktop.engine.calls.length).toBe(before);
    expect(effects()).toEqual([]);
  });

  it('that are deep, endless, round or strange are refused', async () => {
    await start();
    const deep: { inner?: unknown } = {};
    let at = deep;
    for (let i = 0; i < 500; i += 1) {
      const inner = {};
      at.inner = inner;
      at = inner;
    }
    const round: Record<string, unknown> = { name: 'status' };
    round['input'] = round;
    const strange = [
      deep,
      round,
      new Map([['name', 'status']]),
      { name: 'status', input: new Date(), ticket: 1 },
      { name: 'status', input: Array.from({ length: 200_000 }, () => 0), ticket: 1 },
      { name: 'status', input: new Uint8Array(10), ticket: 1 },
      { name: 'status', input: {}, ticket: Number.NaN },
      { name: 'status', input: {}, ticket: -1 },
      { name: 'status', input: { problems: 1e308 }, ticket: 1.5 },
      null,
      undefined,
      42,
      'passim',
    ];
    for (const message of strange) {
      for (const channel of desktop.electron.invocations.keys())
        expect(await invoke(channel, message)).toMatchObject({ ok: false, error: { code: 'bad-request' } });
    }
  });

  it('that name a prototype change none', async () => {
    await start();
    for (const [channel, text] of [
      ['passim:shell', '{"name":"setPreferences","input":{"__proto__":{"polluted":true},"theme":"dark"}}'],
      ['passim:shell', '{"name":"setPreferences","input":{"constructor":{"prototype":{"polluted":true}}}}'],
      ['passim:call', '{"name":"search","input":{"query":"x","tokenWeights":{"__proto__":1}},"ticket":1}'],
      ['passim:call', '{"name":"__proto__","input":{},"ticket":1}'],
      ['passim:shell', '{"name":"constructor","input":{}}'],
      ['passim:call', '{"__proto__":{"name":"pause"},"input":{},"ticket":1}'],
    ] as const) {
      const answer = await invoke(channel, JSON.parse(text));
      if (!answer.ok) expect(answer.error?.code).toBe('bad-request');
    }
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect(desktop.engine.calls.some(({ name }) => name === 'pause')).toBe(false);
  });
});

describe('messages to the preload script', () => {
  it('leave it only when they are of the contract', async () => {
    const sent: { channel: string; message: unknown }[] = [];
    const bridge = createBridge({
      invoke: async (channel, message) => {
        sent.push({ channel, message });
        return { ok: true, value: {} };
      },
      send: (channel, message) => sent.push({ channel, message }),
      on: () => {},
    });
    await fc.assert(
      fc.asyncProperty(nearly, async ({ name, input, ticket, id }) => {
        const before = sent.length;
        const answers = [
          await bridge.call(name as string, input, ticket as number),
          await bridge.shell(name as string, input),
          await bridge.readFile(id as string, ticket as number),
        ];
        bridge.cancel(ticket as number);
        bridge.setExtent(name as string, ticket as number);
        for (const answer of answers) {
          if (typeof answer !== 'string') continue;
          const { ok, error } = JSON.parse(answer) as Envelope;
          if (!ok) expect(Object.keys(ERROR_CODES)).toContain(error?.code);
        }
        for (const { channel, message } of sent.slice(before))
          expect(IPC_REQUESTS[channel as keyof typeof IPC_REQUESTS].safeParse(message).success).toBe(true);
      }),
      { numRuns: 1000 },
    );
    expect(sent.length).toBeGreaterThan(0);
  }, 60_000);

  it('give the page no answer that is not of the contract', async () => {
    for (const wrong of [
      undefined,
      null,
      {},
      { ok: true, value: { path: 7 } },
      { ok: false, error: { code: 'nonsense' } },
    ]) {
      const bridge = createBridge({ invoke: async () => wrong, send: () => {}, on: () => {} });
      expect(JSON.parse(await bridge.shell('pickFolder', {}))).toMatchObject({
        ok: false,
        error: { code: 'internal' },
      });
    }
  });
});
