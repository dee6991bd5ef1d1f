import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { type Command, InvalidArgumentError } from 'commander';
import { PassimError } from '../../contract/errors.ts';
import { systemScheduler } from '../../contract/ports.ts';
import type { Settings } from '../../contract/settings.ts';
import { readSettings, writeSettings } from '../../engine/settings.ts';
import { citationOf } from '../../export/index.ts';
import { citedNumbers, type PreparedQuestion, prepareQuestion, sendQuestion } from '../../rag/ask.ts';
import type { ChatServer } from '../../rag/chat.ts';
import type { ContextPassage } from '../../rag/context.ts';
import { isDocument, openCommand, revealCommand, systemLauncher } from '../../serve/index.ts';
import type { JsonLog } from '../../trace/log.ts';
import { readPrompts, traceLogs } from '../../trace/store.ts';
import { type CommandContext, withReader } from '../context.ts';
import { styled } from '../heat.ts';
import { counted, EXIT, shortPath, type Terminal } from '../output.ts';

interface AskFlags {
  readonly count: number;
  readonly budget?: number;
  readonly template?: string;
  readonly server?: string;
  readonly model?: string;
  readonly keyVariable?: string;
  readonly save: boolean;
  readonly print: boolean;
  readonly showPrompt: boolean;
  readonly json: boolean;
  readonly open?: number;
  readonly sent?: number | boolean;
}

const whole = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError('It must be a whole number of 1 or more.');
  return value;
};

export function registerAsk(
  program: Command,
  context: () => CommandContext,
  finish: (code: number) => void,
): void {
  program
    .command('ask')
    .description(
      'answer a question from your files: by the server in the settings, or as a prompt to paste when there is none',
    )
    .argument('[question...]', 'the question')
    .option('-k, --count <n>', 'passages given as context at most', whole, 10)
    .option('--budget <tokens>', 'tokens the context may take', whole)
    .option('--template <file>', 'template of the prompt, with {context} and {question}')
    .option('--server <url>', 'OpenAI-compatible server, e.g. http://127.0.0.1:11434/v1')
    .option('--model <name>', 'model of that server')
    .option('--key-variable <name>', "environment variable that holds the server's key")
    .option(
      '--save',
      'keep --server, --model, --key-variable, --budget and --template in the settings',
      false,
    )
    .option('--print', 'print the prompt and send nothing', false)
    .option('--show-prompt', 'show the prompt before it is sent', false)
    .option('--json', 'print one JSON object', false)
    .option('--open <n>', 'open the source with this number afterwards', whole)
    .option('--sent [n]', 'show the prompts that were sent, newest first', whole)
    .action(async (words: string[], flags: AskFlags) =>
      finish(await askCommand(context(), words.join(' '), flags)),
    );
}

export async function askCommand(
  context: CommandContext,
  question: string,
  flags: AskFlags,
): Promise<number> {
  const { prompts: log } = traceLogs(context.home.directory);
  if (flags.sent !== undefined) return showSent(context.terminal, log, flags);
  const answers = answerSettings(context, flags);
  if (flags.save) save(context, answers);
  if (question.trim() === '') {
    if (flags.save) return EXIT.ok;
    throw new PassimError('bad-request', 'Ask something: passim ask "when can the tenant end the contract?"');
  }
  return withReader(context, async (engine) => {
    const prepared = await prepareQuestion(
      engine,
      { question, k: flags.count, budget: answers.budget, template: answers.template },
      context.signal,
    );
    if (prepared.passages.length === 0) {
      context.terminal.err('Nothing found; nothing was sent.\n');
      return EXIT.nothing;
    }
    if (answers.url === null || flags.print) return printPrompt(context.terminal, prepared, flags, answers);
    await answer(context, prepared, serverOf(answers), log, flags);
    if (flags.open !== undefined) await openSource(prepared.passages, flags.open);
    return EXIT.ok;
  });
}

/** The settings, with what the flags say instead. */
function answerSettings(context: CommandContext, flags: AskFlags): Settings['answers'] {
  const { answers } = readSettings(context.home.settingsFile);
  return {
    ...answers,
    ...(flags.server === undefined ? {} : { url: checkedUrl(flags.server) }),
    ...(flags.model === undefined ? {} : { model: flags.model }),
    ...(flags.keyVariable === undefined ? {} : { keyVariable: flags.keyVariable }),
    ...(flags.budget === undefined ? {} : { budget: flags.budget }),
    ...(flags.template === undefined ? {} : { template: readTemplate(flags.template) }),
  };
}

function checkedUrl(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new PassimError('bad-request', `--server: "${text}" is no http address.`, { subject: '--server' });
}

function readTemplate(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new PassimError('io-error', `The template ${file} cannot be read: ${(error as Error).message}`, {
      subject: file,
      cause: error,
    });
  }
}

function save({ home, terminal }: CommandContext, answers: Settings['answers']): void {
  writeSettings(home.settingsFile, { ...readSettings(home.settingsFile), answers });
  terminal.err(`Saved in ${shortPath(home.settingsFile)}.\n`);
}

function serverOf(answers: Settings['answers']): ChatServer {
  const { keyVariable } = answers;
  const key = keyVariable === null ? null : (process.env[keyVariable] ?? '');
  if (key === '')
    throw new PassimError(
      'settings',
      `The environment variable ${keyVariable}, which holds the key, is not set.`,
      {
        subject: 'answers.keyVariable',
      },
    );
  return { url: answers.url ?? '', model: answers.model, key, timeoutMs: answers.seconds * 1000 };
}

function printPrompt(
  terminal: Terminal,
  prepared: PreparedQuestion,
  flags: AskFlags,
  answers: Settings['answers'],
): number {
  if (flags.json) terminal.out(`${JSON.stringify(asJson(prepared, null))}\n`);
  else terminal.out(prepared.prompt.endsWith('\n') ? prepared.prompt : `${prepared.prompt}\n`);
  if (answers.url === null)
    terminal.err(
      'No server is set up, so nothing was sent: this is the prompt. Name one with --server, e.g. a local one, and keep it with --save.\n',
    );
  return EXIT.ok;
}

async function answer(
  context: CommandContext,
  prepared: PreparedQuestion,
  server: ChatServer,
  log: JsonLog,
  flags: AskFlags,
): Promise<void> {
  const { terminal, signal } = context;
  if (flags.showPrompt) terminal.err(`${styled(prepared.prompt, 'faint', terminal.colour)}\n`);
  const parts: string[] = [];
  for await (const piece of sendQuestion(prepared, server, log, systemScheduler, { signal })) {
    parts.push(piece);
    if (!flags.json) terminal.out(piece);
  }
  const text = parts.join('');
  if (flags.json) terminal.out(`${JSON.stringify(asJson(prepared, text))}\n`);
  else printSources(terminal, prepared.passages, text);
}

/** Sources under an answer: those it cites, and what it cites that it was not given. */
function printSources(terminal: Terminal, passages: readonly ContextPassage[], text: string): void {
  const cited = citedNumbers(text);
  const known = passages.filter((passage) => cited.includes(passage.citation));
  terminal.out('\n\n');
  for (const passage of known.length > 0 ? known : passages) {
    const place = `${shortPath(passage.path)}${passage.placeLabel === '' ? '' : `, ${passage.placeLabel}`}`;
    terminal.out(`[${passage.citation}] ${link(terminal, passage, place)}\n`);
  }
  if (known.length === 0)
    terminal.err(`The answer cites none of its ${counted(passages.length, 'passage')}: do not rely on it.\n`);
  const invented = cited.filter((number) => !passages.some((passage) => passage.citation === number));
  if (invented.length > 0)
    terminal.err(`The answer cites [${invented.join('], [')}], which it was not given.\n`);
}

/** A link that terminals open (OSC 8); PDFs at their page. */
function link({ colour }: Terminal, passage: ContextPassage, text: string): string {
  if (!colour) return text;
  const page = passage.place?.kind === 'page' ? `#page=${passage.place.page}` : '';
  return `\u001b]8;;${pathToFileURL(passage.path).href}${page}\u001b\\${text}\u001b]8;;\u001b\\`;
}

function asJson(prepared: PreparedQuestion, text: string | null): Record<string, unknown> {
  const cited = text === null ? [] : citedNumbers(text);
  return {
    question: prepared.question,
    answer: text,
    prompt: prepared.prompt,
    sources: prepared.passages.map((passage) => ({
      citation: passage.citation,
      cited: cited.includes(passage.citation),
      id: passage.id,
      path: passage.path,
      place: passage.placeLabel,
      start: passage.start,
      end: passage.end,
      score: passage.score,
      text: passage.text,
      source: citationOf(passage),
    })),
  };
}

async function openSource(passages: readonly ContextPassage[], number: number): Promise<void> {
  const passage = passages.find((each) => each.citation === number);
  if (passage === undefined)
    throw new PassimError('bad-request', `--open: there is no source [${number}].`, { subject: '--open' });
  // What could run when opened is shown in its folder instead.
  const open = isDocument(passage.path) ? openCommand : revealCommand;
  await systemLauncher.launch(...open(passage.path, process.platform));
}

async function showSent(terminal: Terminal, log: JsonLog, flags: AskFlags): Promise<number> {
  const sent = await readPrompts(log, typeof flags.sent === 'number' ? flags.sent : 20);
  if (flags.json) terminal.out(`${JSON.stringify(sent)}\n`);
  else
    for (const { time, server, model, prompt } of sent)
      terminal.out(`# ${new Date(time).toISOString()}  ${server}  ${model}\n${prompt}\n\n`);
  if (sent.length === 0) terminal.err('No prompt was sent yet.\n');
  return sent.length === 0 ? EXIT.nothing : EXIT.ok;
}
