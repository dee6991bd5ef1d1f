import { type Command, InvalidArgumentError, Option } from 'commander';
import type { EngineApi } from '../../contract/engine.ts';
import { silentLogger, systemScheduler } from '../../contract/ports.ts';
import { nodeSpawner } from '../../engine/spawner.ts';
import { VERSION } from '../../engine/version.ts';
import { createEngine } from '../../engine.ts';
import { MCP_CLIENTS, printConfig } from '../../mcp/config.ts';
import { serveMcpOverStdio } from '../../mcp/server.ts';
import { ownCommand, programToken, startServer } from '../../serve/index.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../output.ts';

/** Port that clients over HTTP are set up with. */
const DEFAULT_PORT = 7417;

interface McpFlags {
  readonly http: boolean;
  readonly port: number;
  readonly printConfig: string | boolean;
}

export function registerMcp(
  program: Command,
  context: () => CommandContext,
  finish: (code: number) => void,
): void {
  program
    .command('mcp')
    .description('let assistants search your files (Model Context Protocol), over standard input and output')
    .option('--http', 'over HTTP on this machine instead, with an access token', false)
    .option('--port <n>', 'port for --http', portNumber, DEFAULT_PORT)
    .addOption(
      new Option(
        '--print-config [client]',
        `print how clients are set up (${Object.keys(MCP_CLIENTS).join(', ')})`,
      ).default(false),
    )
    .action(async (flags: McpFlags) => finish(await mcpCommand(context(), flags)));
}

function portNumber(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InvalidArgumentError('It must be a port.');
  return port;
}

async function mcpCommand(context: CommandContext, flags: McpFlags): Promise<number> {
  if (flags.printConfig !== false) return printCommand(context, flags);
  const engine = laterEngine(context);
  try {
    return flags.http
      ? await overHttp(context, flags.port, engine.open)
      : await overStdio(context, engine.open);
  } finally {
    await engine.close();
  }
}

function printCommand({ terminal, home }: CommandContext, flags: McpFlags): number {
  const client = typeof flags.printConfig === 'string' ? flags.printConfig : null;
  if (client !== null && !Object.hasOwn(MCP_CLIENTS, client)) {
    terminal.err(
      `passim: "${client}" is no client known here; one of ${Object.keys(MCP_CLIENTS).join(', ')}.\n`,
    );
    return EXIT.error;
  }
  const target = flags.http
    ? { url: `http://127.0.0.1:${flags.port}/mcp`, token: programToken(home.directory) }
    : ownCommand();
  terminal.out(printConfig(target, client));
  if (flags.http) terminal.err('Run "passim mcp --http" for it to answer. Keep the token to yourself.\n');
  return EXIT.ok;
}

/**
 * An engine that only reads, opened at the first call: a client is answered at once, and a person who has not
 * indexed anything yet is told so in its answer.
 */
function laterEngine(context: CommandContext): {
  open: () => Promise<EngineApi>;
  close: () => Promise<void>;
} {
  let engine: Promise<EngineApi> | null = null;
  return {
    open() {
      engine ??= createEngine({
        home: context.home.directory,
        mode: 'read',
        watch: false,
        suspects: [],
        spawner: nodeSpawner,
        scheduler: systemScheduler,
        logger: silentLogger,
      }).catch((error: unknown) => {
        engine = null;
        throw error;
      });
      return engine;
    },
    async close() {
      const opened = await engine?.catch(() => null);
      await opened?.stop();
    },
  };
}

async function overStdio(context: CommandContext, engine: () => Promise<EngineApi>): Promise<number> {
  const server = serveMcpOverStdio({ engine, version: VERSION });
  await Promise.race([server.closed, aborted(context.signal)]);
  await server.close();
  return EXIT.ok;
}

async function overHttp(
  context: CommandContext,
  port: number,
  open: () => Promise<EngineApi>,
): Promise<number> {
  const { terminal, home, signal } = context;
  // Calls open the engine; nothing is told of events by an engine that only reads.
  const engine: EngineApi = {
    call: async (name, input, stop) => (await open()).call(name, input, stop),
    onEvent: () => () => {},
    stop: async () => {},
  };
  const server = await startServer({
    engine,
    shell: null,
    assets: null,
    version: VERSION,
    port,
    token: programToken(home.directory),
  });
  terminal.out(`${server.origin}/mcp\n`);
  terminal.err(
    'Assistants on this machine can search your files at the address above, with the token that "passim mcp --http --print-config" shows. Ctrl-C stops it.\n',
  );
  await aborted(signal);
  await server.close();
  return EXIT.ok;
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
