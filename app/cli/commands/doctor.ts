import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { readSettings } from '../../engine/settings.ts';
import { type CommandContext, withReader } from '../context.ts';
import { bytes, describeError, EXIT } from '../output.ts';

interface Finding {
  readonly ok: boolean;
  readonly what: string;
  /** What is so, and for a fault what to do. */
  readonly detail: string;
}

type Check = () => Finding | Finding[] | Promise<Finding | Finding[]>;

/** Looks at everything Passim needs, one after the other, and says what to do about what is wrong. */
export async function doctorCommand(context: CommandContext, flags: { json: boolean }): Promise<number> {
  const findings: Finding[] = [];
  for (const [what, check] of checks(context)) {
    try {
      findings.push(...[await check()].flat());
    } catch (error) {
      findings.push({ ok: false, what, detail: describeError(error) });
    }
  }
  if (flags.json) context.terminal.out(`${JSON.stringify(findings, null, 2)}\n`);
  else
    for (const finding of findings)
      context.terminal.out(`${finding.ok ? '✓' : '✗'} ${finding.what}: ${finding.detail}\n`);
  return findings.every((finding) => finding.ok) ? EXIT.ok : EXIT.error;
}

function checks(context: CommandContext): [string, Check][] {
  return [
    [
      'Node',
      () => ({
        ok: true,
        what: 'Node',
        detail: `${process.versions.node} on ${process.platform}-${process.arch}`,
      }),
    ],
    ['data directory', () => homeCheck(context)],
    ['free space', () => spaceCheck(context)],
    ['settings and folders', () => folderChecks(context)],
    ['engine', () => engineChecks(context)],
  ];
}

function homeCheck(context: CommandContext): Finding {
  const { directory } = context.home;
  accessSync(directory, constants.R_OK | constants.W_OK);
  const mode = statSync(directory).mode & 0o777;
  const open = process.platform !== 'win32' && (mode & 0o077) !== 0;
  return {
    ok: !open,
    what: 'data directory',
    detail: open ? `${directory} can be read by others; run: chmod 700 ${directory}` : directory,
  };
}

function spaceCheck(context: CommandContext): Finding {
  const { bavail, bsize } = statfsSync(context.home.directory);
  const free = Number(bavail) * Number(bsize);
  return {
    ok: free > 500e6,
    what: 'free space',
    detail: free > 500e6 ? bytes(free) : `only ${bytes(free)} left; indexing pauses when the disk is full`,
  };
}

function folderChecks(context: CommandContext): Finding[] {
  const settings = readSettings(context.home.settingsFile);
  const found: Finding[] = [
    {
      ok: true,
      what: 'settings',
      detail: existsSync(context.home.settingsFile) ? context.home.settingsFile : 'defaults',
    },
  ];
  for (const folder of settings.folders) {
    const there = existsSync(folder.path);
    found.push({
      ok: there,
      what: 'folder',
      detail: there
        ? folder.path
        : `${folder.path} is not there; mount it, or run: passim remove ${JSON.stringify(folder.path)}. Its files stay in the index until then.`,
    });
  }
  return found;
}

async function engineChecks(context: CommandContext): Promise<Finding[]> {
  return withReader(context, async (engine) => {
    const status = await engine.call('status', { problems: 0 });
    const found: Finding[] = [
      {
        ok: true,
        what: 'model',
        detail: `${status.model.name} ${status.model.version}; every file has the expected hash`,
      },
      {
        ok: true,
        what: 'execution provider',
        detail: status.providers
          .map((choice) => `${choice.chosen ? '●' : '○'} ${choice.provider} (${choice.reason})`)
          .join('; '),
      },
      {
        ok: true,
        what: 'scorer',
        detail: `${status.index.kind}, ${status.index.kernel}${status.index.reason === undefined ? '' : `: ${status.index.reason}`}`,
      },
      { ok: true, what: 'index', detail: `${status.passages} passages of ${status.searchable} files` },
    ];
    const answer = await engine.call('search', { query: 'does the model answer', k: 1 });
    found.push({ ok: true, what: 'search', detail: `answered in ${answer.tookMs.toFixed(1)} ms` });
    for (const notice of status.notices) found.push({ ok: false, what: 'notice', detail: notice });
    return found;
  });
}
