import { describe, expect, it } from 'vitest';
import type { EngineEvent } from '../../../app/contract/engine.ts';
import { PassimError } from '../../../app/contract/errors.ts';
import type { HostedEngine } from '../../../app/host/client.ts';
import { AppEngine, type StartEngine } from '../../../main/app-engine.ts';
import { createFakeEngine } from '../../fakes/engine.ts';

interface Started {
  readonly host: HostedEngine;
  readonly emit: (event: EngineEvent) => void;
  readonly did: string[];
}

function fakeHost(): Started {
  const fake = createFakeEngine([], []);
  const did: string[] = [];
  return {
    did,
    emit: (event) => fake.emit(event),
    host: {
      ...fake,
      async restart(between = async () => {}) {
        did.push('restart');
        await between();
      },
      async stop() {
        did.push('stop');
      },
    },
  };
}

/** An engine, and what it tells. */
function open(start: StartEngine) {
  const engine = new AppEngine(start);
  const told: string[] = [];
  engine.onEvent((event) =>
    told.push(event.type === 'notice' ? `${event.level}: ${event.message}` : event.type),
  );
  return { engine, told };
}

describe('the engine as the window has it', () => {
  it('lets calls wait until it has started', async () => {
    const gate = Promise.withResolvers<HostedEngine>();
    const { engine } = open(() => gate.promise);
    const status = engine.call('status', {});
    gate.resolve(fakeHost().host);
    expect((await status).files).toBe(0);
  });

  it('searches in an index that another process writes to, and writes when that one is gone', async () => {
    const modes: string[] = [];
    let locked = true;
    const hosts: Started[] = [];
    const { engine, told } = open(async (mode) => {
      modes.push(mode);
      if (mode === 'write' && locked) throw new PassimError('index-locked', 'Another process writes.');
      const started = fakeHost();
      hosts.push(started);
      return started.host;
    });
    await engine.call('status', {});
    expect(modes).toEqual(['write', 'read']);
    expect(told.join()).toContain('changes nothing');
    locked = false;
    await engine.restart();
    expect(modes).toEqual(['write', 'read', 'write']);
    expect(hosts[0]?.did).toEqual(['stop']);
    // One that writes is started anew in place: calls that wait are asked again.
    await engine.restart(async () => {
      modes.push('between');
    });
    expect(modes.at(-1)).toBe('between');
    expect(hosts[1]?.did).toEqual(['restart']);
  });

  it('asks the engine that took its place what one that only reads left', async () => {
    const left = Promise.withResolvers<never>();
    const reading = fakeHost();
    const hosts: HostedEngine[] = [
      {
        ...reading.host,
        call: () => left.promise,
        stop: async () => left.reject(new PassimError('engine-stopped', 'The engine was stopped.')),
      },
      fakeHost().host,
    ];
    const { engine } = open(async (mode) => {
      if (mode === 'write' && hosts.length === 2) throw new PassimError('index-locked', 'Another writes.');
      const host = hosts.shift();
      if (host === undefined) throw new Error('no more engines');
      return host;
    });
    const status = engine.call('status', {});
    await engine.restart();
    expect((await status).files).toBe(0);
  });

  it('leaves a call that failed by itself failed', async () => {
    const { host } = fakeHost();
    let asked = 0;
    const { engine } = open(async () => ({
      ...host,
      call: async () => {
        asked += 1;
        throw new PassimError('engine-stopped', 'It is left down.');
      },
    }));
    await expect(engine.call('status', {})).rejects.toThrow('It is left down.');
    expect(asked).toBe(1);
  });

  it('tells every call why it could not be started, and can be started again', async () => {
    let broken = true;
    const { engine, told } = open(async () => {
      if (broken) throw new PassimError('model-missing', 'The model is missing.');
      return fakeHost().host;
    });
    for (let i = 0; i < 2; i += 1)
      await expect(engine.call('status', {})).rejects.toMatchObject({ code: 'model-missing' });
    expect(told).toEqual(['error: The model is missing.']);
    broken = false;
    const restarted = engine.restart();
    // Calls made meanwhile wait.
    expect((await engine.call('status', {})).files).toBe(0);
    await restarted;
  });

  it('passes on what its engines tell, and stops them', async () => {
    const first = fakeHost();
    const { engine, told } = open(async () => first.host);
    await engine.call('status', {});
    first.emit({ type: 'file', path: '/a', outcome: 'indexed' });
    expect(told).toEqual(['file']);
    await engine.stop();
    expect(first.did).toEqual(['stop']);
    await expect(engine.restart()).rejects.toMatchObject({ code: 'engine-stopped' });
  });
});
