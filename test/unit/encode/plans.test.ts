import { availableParallelism } from 'node:os';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planJobs } from '../../../app/encode/batches.ts';
import {
  obstacle,
  PROVIDERS,
  type ProviderHost,
  providerFault,
  thisHost,
} from '../../../app/encode/providers.ts';
import { defaultThreads, physicalCores, planThreads } from '../../../app/encode/threads.ts';

describe('jobs', () => {
  test('every text once, longest first, never above the budget', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 200 }),
        fc.integer({ min: 1, max: 2000 }),
        (lengths, budget) => {
          const jobs = planJobs(lengths, budget);
          expect(jobs.flat().sort((a, b) => a - b)).toEqual(lengths.map((_, i) => i));
          const order = jobs.flat().map((i) => lengths[i] ?? 0);
          expect(order).toEqual([...order].sort((a, b) => b - a));
          for (const job of jobs) {
            const longest = Math.max(...job.map((i) => lengths[i] ?? 0));
            if (job.length > 1) expect(longest * job.length).toBeLessThanOrEqual(budget);
          }
        },
      ),
    );
  });

  test('padding stays small for texts of many lengths', () => {
    const lengths = Array.from({ length: 1000 }, (_, i) => 20 + ((i * 37) % 200));
    const jobs = planJobs(lengths, 4096);
    const total = lengths.reduce((sum, length) => sum + length, 0);
    const padded = jobs.reduce(
      (sum, job) => sum + Math.max(...job.map((i) => lengths[i] ?? 0)) * job.length,
      0,
    );
    expect(padded / total).toBeLessThan(1.05);
  });
});

describe('threads', () => {
  test.each([
    [1, 1],
    [2, 2],
    [4, 3],
    [8, 7],
    [32, 31],
  ])('%i cores: %i threads', (cores, threads) => {
    expect(defaultThreads(cores)).toBe(threads);
  });

  test('lanes take one thread each, and more when there are many', () => {
    expect(planThreads(1)).toEqual({ lanes: 1, threadsPerLane: 1 });
    expect(planThreads(5)).toEqual({ lanes: 5, threadsPerLane: 1 });
    expect(planThreads(31)).toEqual({ lanes: 6, threadsPerLane: 5 });
  });

  test('this machine has cores, not more than it has threads', () => {
    expect(physicalCores()).toBeGreaterThanOrEqual(1);
    expect(physicalCores()).toBeLessThanOrEqual(availableParallelism());
  });
});

describe('providers', () => {
  const host = (platform: NodeJS.Platform, arch: string, files: string[] = []): ProviderHost => ({
    platform,
    arch,
    libraries: '/lib',
    exists: (file) => files.some((name) => file.endsWith(name)),
  });

  test('the order is CUDA, DirectML, CoreML, the processor', () => {
    expect(PROVIDERS).toEqual(['cuda', 'dml', 'coreml', 'cpu']);
  });

  test('on Linux CUDA needs its libraries, and the one that is missing is named', () => {
    expect(obstacle('cuda', host('linux', 'x64'))).toContain('libonnxruntime_providers_shared.so');
    const both = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'];
    expect(obstacle('cuda', host('linux', 'x64', both.slice(0, 1)))).toContain(
      'libonnxruntime_providers_cuda.so',
    );
    expect(obstacle('cuda', host('linux', 'x64', both))).toBeNull();
    expect(obstacle('cuda', host('linux', 'x64'))).toContain('passim gpu install');
    expect(obstacle('cuda', host('linux', 'arm64', both))).toContain('arm64');
    expect(obstacle('cuda', host('win32', 'x64', both))).toContain('win32');
    expect(obstacle('dml', host('linux', 'x64'))).toContain('Windows');
    expect(obstacle('coreml', host('linux', 'x64'))).toContain('macOS');
  });

  test('on Windows DirectML comes with the package; on a Mac CoreML is there', () => {
    expect(obstacle('dml', host('win32', 'x64', ['DirectML.dll']))).toBeNull();
    expect(obstacle('dml', host('win32', 'x64'))).toContain('DirectML.dll');
    expect(obstacle('coreml', host('darwin', 'arm64'))).toBeNull();
    expect(obstacle('cuda', host('darwin', 'arm64'))).not.toBeNull();
  });

  test('what the runtime says of CUDA is told without its source lines', () => {
    const driver =
      "x.onnx can't be opened: /src/cuda_call.cc:154 CudaCall(ERRTYPE) CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version ; GPU=-1 ; file=/src/ep.cc";
    expect(providerFault(driver)).toBe(
      'CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version.',
    );
    expect(providerFault('OrtSessionOptionsAppend_Cuda: Failed to load shared library')).toContain('CUDA');
    expect(providerFault('anything else')).toBe('anything else');
  });

  test('the processor never has one', () => {
    expect(obstacle('cpu', thisHost())).toBeNull();
  });
});
