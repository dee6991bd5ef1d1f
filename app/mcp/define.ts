import type { CallToolResult, McpServer, ToolAnnotations } from '@modelcontextprotocol/server';
import type { z } from 'zod';
import type { EngineApi } from '../contract/engine.ts';
import { PassimError } from '../contract/errors.ts';

/** The engine, which may have to be opened first. @throws PassimError when it cannot be */
export type EngineSource = () => Promise<EngineApi>;

/** A tool: what goes in, what comes out, and the text that a model reads of it. */
export interface ToolDefinition<I extends z.ZodObject, O extends z.ZodObject> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: I;
  readonly output: O;
  run(engine: EngineApi, input: z.output<I>, signal: AbortSignal): Promise<z.input<O>>;
  text(output: z.output<O>): string;
}

/** Types a tool's parts by its schemas. */
export function defineTool<I extends z.ZodObject, O extends z.ZodObject>(
  tool: ToolDefinition<I, O>,
): ToolDefinition<z.ZodObject, z.ZodObject> {
  return tool as unknown as ToolDefinition<z.ZodObject, z.ZodObject>;
}

/** Every tool only reads what is indexed on this machine. */
const ANNOTATIONS: ToolAnnotations = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
};

export function registerTool(
  server: McpServer,
  engine: EngineSource,
  tool: ToolDefinition<z.ZodObject, z.ZodObject>,
): void {
  server.registerTool(
    tool.name,
    {
      title: tool.title,
      description: tool.description,
      inputSchema: tool.input,
      outputSchema: tool.output,
      annotations: { title: tool.title, ...ANNOTATIONS },
    },
    async (input, context): Promise<CallToolResult> => {
      try {
        const output = tool.output.parse(await tool.run(await engine(), input, context.mcpReq.signal));
        return { content: [{ type: 'text', text: tool.text(output) }], structuredContent: output };
      } catch (error) {
        return { content: [{ type: 'text', text: describe(error) }], isError: true };
      }
    },
  );
}

/** What a model is told of a failure, so that it can correct its call. */
export function describe(error: unknown): string {
  if (error instanceof PassimError) return `${error.message} (${error.code})`;
  return `Passim failed: ${error instanceof Error ? error.message : String(error)}`;
}
