/** The `passim` command. */
import { CommanderError } from 'commander';
import { PassimError } from '../contract/errors.ts';
import { type CommandContext, createContext } from './context.ts';
import { describeError, EXIT, processTerminal } from './output.ts';
import { createProgram } from './program.ts';

const terminal = processTerminal();
const interrupt = new AbortController();
let interrupted = false;

process.on('SIGINT', () => {
  // A second Ctrl-C leaves at once; whatever was committed stays.
  if (interrupted) process.exit(EXIT.interrupted);
  interrupted = true;
  interrupt.abort();
});
process.on('SIGTERM', () => interrupt.abort());

let context: CommandContext | null = null;
const program = createProgram(
  () => {
    context ??= createContext(terminal, interrupt.signal);
    return context;
  },
  (code) => {
    process.exitCode = code;
  },
);

try {
  await program.parseAsync();
  if (interrupted && process.exitCode === undefined) process.exitCode = EXIT.interrupted;
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.error;
  else if (interrupted || (error instanceof PassimError && error.code === 'cancelled'))
    process.exitCode = EXIT.interrupted;
  else {
    terminal.err(`passim: ${describeError(error)}\n`);
    process.exitCode = EXIT.error;
  }
}
// Native thread pools of the runtimes may outlive their sessions; everything is flushed by now.
process.exit();
