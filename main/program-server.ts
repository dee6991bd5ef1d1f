import type { EngineApi } from '../app/contract/engine.ts';
import type { RunningServer } from '../app/serve/server.ts';
import { VERSION } from '../app/serve/shell/home-shell.ts';

/** The port that programs are set up with; `passim mcp --http` takes the same. */
export const PROGRAM_PORT = 7417;

export interface ProgramServerOptions {
  readonly engine: EngineApi;
  /** 0 takes a free one. */
  readonly port: number;
  /** The token that is kept, so that programs are set up once. */
  token(): string;
}

/** HTTP and MCP for programs on this machine, while the person wants it. It answers programs alone: no window. */
export class ProgramServer {
  readonly #options: ProgramServerOptions;
  #running: RunningServer | null = null;
  /** Starts and ends come after each other, however fast they are wished for. */
  #last: Promise<void> = Promise.resolve();

  constructor(options: ProgramServerOptions) {
    this.#options = options;
  }

  get access(): { readonly origin: string; readonly token: string; readonly kept: boolean } | null {
    return this.#running === null ? null : { ...this.#running, kept: true };
  }

  /**
   * Starts or ends the server.
   * @throws PassimError 'io-error' when the port is taken
   */
  set(wanted: boolean): Promise<void> {
    const done = this.#last.then(() => this.#change(wanted));
    this.#last = done.catch(() => {});
    return done;
  }

  async #change(wanted: boolean): Promise<void> {
    if (wanted === (this.#running !== null)) return;
    if (this.#running !== null) {
      const ending = this.#running;
      this.#running = null;
      await ending.close();
      return;
    }
    // Loaded when it is wanted: most people never do.
    const { startServer } = await import('../app/serve/server.ts');
    const { engine, port } = this.#options;
    this.#running = await startServer({
      engine,
      shell: null,
      assets: null,
      version: VERSION,
      port,
      token: this.#options.token(),
    });
  }
}
