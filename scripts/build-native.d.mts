export interface Compiler {
  kind: 'gcc' | 'cl';
  command: string;
  env: NodeJS.ProcessEnv;
}
export function findCompiler(): Compiler | null;
export function buildAddon(options?: { force?: boolean }): Promise<{ built: boolean; line: string }>;
export function runNativeTests(options: {
  sanitize: boolean;
  compiler?: string;
  runner?: readonly string[];
  link?: readonly string[];
  args?: readonly string[];
}): Promise<{ status: 'passed' | 'failed' | 'skipped'; output: string }>;
