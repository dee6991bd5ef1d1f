import { execFile } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export type Python = { readonly command: string } | { readonly missing: string };

async function holds(command: string, modules: readonly string[]): Promise<boolean> {
  return run(command, ['-c', `import ${modules.join(', ')}`], { timeout: 60_000 }).then(
    () => true,
    () => false,
  );
}

/**
 * A Python that has the given packages: the machine's own, or a virtual environment that is made once, below
 * node_modules, by pip. Says why when there is none.
 * @param modules what the packages are imported as
 */
export async function pythonWith(packages: readonly string[], modules: readonly string[]): Promise<Python> {
  const own = process.env['PASSIM_PYTHON'] ?? (process.platform === 'win32' ? 'python' : 'python3');
  if (await holds(own, modules)) return { command: own };
  if (!(await holds(own, ['venv', 'ensurepip']))) return { missing: `${own} with venv is not there` };
  const folder = resolve('node_modules/.cache/passim-python');
  const command =
    process.platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python');
  if (existsSync(command) && (await holds(command, modules))) return { command };
  try {
    mkdirSync(folder, { recursive: true });
    await run(own, ['-m', 'venv', '--clear', folder], { timeout: 120_000 });
    await run(
      command,
      [
        '-m',
        'pip',
        'install',
        '--quiet',
        '--disable-pip-version-check',
        '--retries',
        '1',
        '--timeout',
        '20',
        ...packages,
      ],
      {
        timeout: 240_000,
      },
    );
  } catch (error) {
    return {
      missing: `pip could not install ${packages.join(', ')}: ${(error as Error).message.slice(0, 300)}`,
    };
  }
  return (await holds(command, modules))
    ? { command }
    : { missing: `${packages.join(', ')} cannot be imported` };
}
