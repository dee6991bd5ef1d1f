/**
 * Most multiply-adds of 8-bit and 16-bit integers that one thread does out of registers with AVX-512 VNNI, in billions
 * a second: what the exact kernel's rate is a share of (index-part.ts peers, oneThread.gmacPerSecond).
 *
 *   node scripts/with-node.mjs test/bench/peak.ts
 *
 * Needs a C++ compiler (CXX, else c++) and a processor with AVX-512 VNNI. Prints one JSON object.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'passim-peak-'));
try {
  const program = join(folder, 'peak');
  const source = join(import.meta.dirname, 'peak.cc');
  execFileSync(process.env.CXX ?? 'c++', [
    '-O3',
    '-std=c++17',
    '-mavx512f',
    '-mavx512vnni',
    '-o',
    program,
    source,
  ]);
  process.stdout.write(execFileSync(program));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
