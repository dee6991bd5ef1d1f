import { parse as parseToml } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { MCP_CLIENTS, printConfig } from '../../../app/mcp/config.ts';

const COMMAND = {
  command: '/opt/a b/node',
  args: ["/opt/it's/passim.mjs", 'mcp'],
  env: { PASSIM_HOME: '/data' },
};
const ENDPOINT = { url: 'http://127.0.0.1:7417/mcp', token: 'secret-token' };

const bodyOf = (client: string, target: Parameters<typeof printConfig>[0]) =>
  printConfig(target, client).replace(/^#.*\n/, '');

describe('configuration of MCP clients', () => {
  it('is JSON or TOML that names command, arguments and environment', () => {
    for (const client of Object.keys(MCP_CLIENTS)) {
      const text = bodyOf(client, COMMAND);
      if (client === 'claude-code') continue;
      const parsed = (client === 'codex' ? parseToml(text) : JSON.parse(text)) as Record<
        string,
        { passim: { command: string; args: string[]; env: Record<string, string> } }
      >;
      const entry = Object.values(parsed)[0]?.passim;
      expect(entry, client).toMatchObject(COMMAND);
    }
  });

  it('names address and token over HTTP', () => {
    for (const client of Object.keys(MCP_CLIENTS)) {
      const text = bodyOf(client, ENDPOINT);
      expect(text, client).toContain(ENDPOINT.url);
      expect(text, client).toContain(`Bearer ${ENDPOINT.token}`);
    }
  });

  it('quotes for the shell', () => {
    expect(bodyOf('claude-code', COMMAND).trim()).toBe(
      `claude mcp add --scope user passim --env PASSIM_HOME=/data -- '/opt/a b/node' '/opt/it'\\''s/passim.mjs' mcp`,
    );
  });

  it('gives all clients when none is named', () => {
    const all = printConfig(COMMAND, null);
    for (const { title } of Object.values(MCP_CLIENTS)) expect(all).toContain(`# ${title}: `);
  });
});
