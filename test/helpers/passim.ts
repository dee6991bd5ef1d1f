import { createProgram } from '../../app/cli/program.ts';
import { homeDirectory, openHome } from '../../app/engine/home.ts';

/** Runs the command line in this process on a data directory and gives what it printed. */
export async function passim(home: string, args: readonly string[]): Promise<{ out: string; err: string }> {
  const printed = { out: '', err: '' };
  const program = createProgram(
    () => ({
      terminal: {
        out: (text) => {
          printed.out += text;
        },
        err: (text) => {
          printed.err += text;
        },
        colour: false,
        live: false,
        columns: 100,
      },
      signal: new AbortController().signal,
      home: openHome(homeDirectory({ PASSIM_HOME: home })),
    }),
    () => {},
  );
  await program.parseAsync(['node', 'passim', ...args]);
  return printed;
}
