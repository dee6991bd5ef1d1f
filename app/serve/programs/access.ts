import type { ProgramAccess } from '../../contract/shell.ts';
import { packageFile } from '../../engine/package-file.ts';
import { MCP_CLIENTS, type McpCommand } from '../../mcp/config.ts';

/** The command that starts Passim for an assistant, spelled so that it works from anywhere. */
export function ownCommand(): McpCommand {
  const script = packageFile('bin/passim.mjs');
  const home = process.env['PASSIM_HOME'];
  const env: Record<string, string> = home === undefined || home === '' ? {} : { PASSIM_HOME: home };
  // The desktop app's own executable runs no scripts; there the command has to be on the search path.
  if (script === null || process.versions['electron'] !== undefined)
    return { command: 'passim', args: ['mcp'], env };
  return { command: process.execPath, args: [script, 'mcp'], env };
}

/** How programs reach Passim, with the texts that assistants are set up with. */
export function programAccess(
  server: { readonly origin: string; readonly token: string; readonly kept: boolean } | null,
): ProgramAccess {
  const command = ownCommand();
  return {
    server: server === null ? null : { origin: server.origin, token: server.token, kept: server.kept },
    clients: Object.entries(MCP_CLIENTS).map(([name, { title, where, config }]) => ({
      name,
      title,
      where,
      command: config(command),
      http: server === null ? null : config({ url: `${server.origin}/mcp`, token: server.token }),
    })),
  };
}
