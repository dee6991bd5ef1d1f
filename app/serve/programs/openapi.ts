import { z } from 'zod';
import { placeSchema, segmentSchema } from '../../contract/document.ts';
import {
  folderStatusSchema,
  listedFileSchema,
  passageDetailSchema,
  progressSchema,
  statusSchema,
} from '../../contract/engine.ts';
import { engineEventSchema } from '../../contract/ipc.ts';
import {
  fileResultSchema,
  highlightSchema,
  passageResultSchema,
  queryWordSchema,
  searchResponseSchema,
  tokenMatchSchema,
} from '../../contract/search.ts';
import { contextPassageSchema, OPERATIONS } from './operations.ts';
import { PROBLEM_TYPE, problemSchema } from './problem.ts';

/** Schemas that the document names once and refers to. */
const NAMED = {
  Place: placeSchema,
  Segment: segmentSchema,
  FolderStatus: folderStatusSchema,
  ListedFile: listedFileSchema,
  PassageDetail: passageDetailSchema,
  Progress: progressSchema,
  Status: statusSchema,
  FileResult: fileResultSchema,
  Highlight: highlightSchema,
  PassageResult: passageResultSchema,
  QueryWord: queryWordSchema,
  SearchResponse: searchResponseSchema,
  TokenMatch: tokenMatchSchema,
  ContextPassage: contextPassageSchema,
  EngineEvent: engineEventSchema,
  Problem: problemSchema,
};

type Json = Record<string, unknown>;

/** Drops what belongs to a JSON schema document of its own. */
function withoutHead({ $schema: _schema, $id: _id, ...schema }: Json): Json {
  return schema;
}

/** Schemas of everything that is answered, as components that refer to each other. */
function components(): Record<string, Json> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(NAMED)) registry.add(schema, { id });
  for (const [name, { response }] of OPERATIONS) {
    if (!registry.has(response)) registry.add(response, { id: answerName(name) });
  }
  const { schemas } = z.toJSONSchema(registry, {
    io: 'output',
    target: 'draft-2020-12',
    uri: (id) => `#/components/schemas/${id}`,
  });
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [name, withoutHead(schema as Json)]),
  );
}

const answerName = (operation: string) => `${operation[0]?.toUpperCase()}${operation.slice(1)}Answer`;

function componentOf(name: string, response: z.ZodType): string {
  return Object.entries(NAMED).find(([, schema]) => schema === response)?.[0] ?? answerName(name);
}

const reference = (name: string) => ({ $ref: `#/components/schemas/${name}` });

const PROBLEMS = {
  default: {
    description: 'Problem details',
    content: { [PROBLEM_TYPE]: { schema: reference('Problem') } },
  },
};

/** The OpenAPI 3.1 document of the HTTP API, generated from the schemas that check each call. */
export function openApiDocument(origin: string, version: string): Json {
  const schemas = components();
  const paths: Record<string, Json> = {};
  for (const [name, { summary, request, response, writes }] of OPERATIONS) {
    paths[`/api/v1/${name}`] = {
      post: {
        operationId: name,
        summary,
        tags: [writes ? 'indexing' : 'reading'],
        requestBody: {
          required: true,
          content: {
            'application/json': { schema: withoutHead(z.toJSONSchema(request, { io: 'input' }) as Json) },
          },
        },
        responses: {
          200: {
            description: 'The answer',
            content: { 'application/json': { schema: reference(componentOf(name, response)) } },
          },
          ...PROBLEMS,
        },
      },
    };
  }
  paths['/api/v1/events'] = {
    get: {
      operationId: 'events',
      summary: 'What the engine tells without being asked, as server-sent events: progress above all',
      tags: ['reading'],
      parameters: [
        {
          name: 'types',
          in: 'query',
          description: 'Kinds of events wanted, parted by commas; all when absent',
          schema: { type: 'string', example: 'progress,notice' },
        },
      ],
      responses: {
        200: {
          description: 'A stream; the data of each event is an EngineEvent',
          content: { 'text/event-stream': { schema: reference('EngineEvent') } },
        },
        ...PROBLEMS,
      },
    },
  };
  paths['/api/v1/openapi.json'] = {
    get: {
      operationId: 'openapi',
      summary: 'This document',
      tags: ['reading'],
      responses: {
        200: { description: 'OpenAPI 3.1', content: { 'application/json': { schema: { type: 'object' } } } },
        ...PROBLEMS,
      },
    },
  };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Passim',
      version,
      description:
        'Finds passages in your own files by meaning. For programs on this machine only: send the token as a bearer token.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: origin }],
    security: [{ token: [] }],
    tags: [
      { name: 'reading', description: 'Searching and reading what is indexed' },
      { name: 'indexing', description: 'Changing what is indexed' },
    ],
    paths,
    components: { schemas, securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
  };
}
