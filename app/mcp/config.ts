/** How a client starts Passim: a command with its arguments. */
export interface McpCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Where a client reaches Passim over HTTP. */
export interface McpEndpoint {
  readonly url: string;
  readonly token: string;
}

export type McpTarget = McpCommand | McpEndpoint;

interface Client {
  readonly title: string;
  /** Where the text below goes. */
  readonly where: string;
  readonly config: (target: McpTarget) => string;
}

const isCommand = (target: McpTarget): target is McpCommand => 'command' in target;
const pretty = (value: unknown) => JSON.stringify(value, null, 2);
const headers = (endpoint: McpEndpoint) => ({ Authorization: `Bearer ${endpoint.token}` });

/** An entry as most clients take it. */
function entry(target: McpTarget, type: boolean): Record<string, unknown> {
  if (!isCommand(target))
    return { ...(type ? { type: 'http' } : {}), url: target.url, headers: headers(target) };
  return {
    ...(type ? { type: 'stdio' } : {}),
    command: target.command,
    args: target.args,
    ...(Object.keys(target.env).length > 0 ? { env: target.env } : {}),
  };
}

/** Quotes a word for a POSIX shell. */
const quoted = (word: string) =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

function shellLine(start: string, target: McpTarget): string {
  if (!isCommand(target))
    return `${start} --transport http passim ${quoted(target.url)} --header ${quoted(`Authorization: Bearer ${target.token}`)}`;
  const env = Object.entries(target.env).map(([name, value]) => `--env ${quoted(`${name}=${value}`)} `);
  return `${start} passim ${env.join('')}-- ${[target.command, ...target.args].map(quoted).join(' ')}`;
}

/** A TOML table; JSON strings and lists are TOML ones too. */
function toml(target: McpTarget): string {
  const lines = isCommand(target)
    ? [`command = ${JSON.stringify(target.command)}`, `args = ${JSON.stringify(target.args)}`]
    : [`url = ${JSON.stringify(target.url)}`, `http_headers = { Authorization = "Bearer ${target.token}" }`];
  const env = isCommand(target) ? Object.entries(target.env) : [];
  if (env.length > 0)
    lines.push(
      '',
      '[mcp_servers.passim.env]',
      ...env.map(([name, value]) => `${name} = ${JSON.stringify(value)}`),
    );
  return `[mcp_servers.passim]\n${lines.join('\n')}`;
}

const servers = (target: McpTarget) => pretty({ mcpServers: { passim: entry(target, false) } });

/** The usual clients and how each is told of a server. */
export const MCP_CLIENTS: Readonly<Record<string, Client>> = {
  'claude-desktop': {
    title: 'Claude Desktop',
    where: 'claude_desktop_config.json (Settings › Developer › Edit Config)',
    config: servers,
  },
  'claude-code': {
    title: 'Claude Code',
    where: 'run in a shell',
    config: (target) => shellLine('claude mcp add --scope user', target),
  },
  cursor: { title: 'Cursor', where: '~/.cursor/mcp.json', config: servers },
  vscode: {
    title: 'Visual Studio Code',
    where: 'mcp.json ("MCP: Open User Configuration")',
    config: (target) => pretty({ servers: { passim: entry(target, true) } }),
  },
  windsurf: {
    title: 'Windsurf',
    where: '~/.codeium/windsurf/mcp_config.json',
    config: (target) =>
      isCommand(target)
        ? servers(target)
        : pretty({ mcpServers: { passim: { serverUrl: target.url, headers: headers(target) } } }),
  },
  zed: {
    title: 'Zed',
    where: 'settings.json',
    config: (target) => pretty({ context_servers: { passim: entry(target, false) } }),
  },
  codex: { title: 'Codex', where: '~/.codex/config.toml', config: toml },
  gemini: {
    title: 'Gemini CLI',
    where: '~/.gemini/settings.json',
    config: (target) =>
      isCommand(target)
        ? servers(target)
        : pretty({ mcpServers: { passim: { httpUrl: target.url, headers: headers(target) } } }),
  },
  'lm-studio': { title: 'LM Studio', where: 'mcp.json (Program › Install › Edit mcp.json)', config: servers },
};

/** What to put where, for one client or all. */
export function printConfig(target: McpTarget, client: string | null): string {
  const chosen = Object.entries(MCP_CLIENTS).filter(([name]) => client === null || name === client);
  return chosen.map(([, { title, where, config }]) => `# ${title}: ${where}\n${config(target)}\n`).join('\n');
}
