import { z } from 'zod';

/** A folder that is watched. */
export const watchedFolderSchema = z.object({
  path: z.string().min(1),
  /** Patterns in .gitignore syntax, relative to the folder. When `include` is not empty, only what it matches is indexed. */
  include: z.array(z.string()).default([]),
  exclude: z.array(z.string()).default([]),
  /** Index hidden files and folders too. */
  hidden: z.boolean().default(false),
  /** Respect .gitignore and .ignore files found in the folder. */
  ignoreFiles: z.boolean().default(true),
});
export type WatchedFolder = z.infer<typeof watchedFolderSchema>;

/**
 * Steps from a small index to an exact one. `bytesPerToken`: all that is kept of a passage (vectors, text, words,
 * places), over its tokens before pooling; `lost`: mean nDCG@10 over six collections against vectors in float32,
 * in points of a hundred (test/bench/compression.ts). `npm run bench` measured the bytes of the first two (docs/performance.md),
 * the others follow from what their vectors take.
 */
export const INDEX_SIZES = {
  small: { bits: 2, pooling: 1.6, leastWins: 15, bytesPerToken: 25, lost: 0.9 },
  medium: { bits: 3, pooling: 1.4, leastWins: 0, bytesPerToken: 39, lost: 0.2 },
  large: { bits: 3, pooling: 1, leastWins: 0, bytesPerToken: 50, lost: 0.3 },
  exact: { bits: 4, pooling: 1, leastWins: 0, bytesPerToken: 62, lost: 0 },
} as const;
export type IndexSize = keyof typeof INDEX_SIZES;

/** What a step of {@link INDEX_SIZES} sets. */
export type SizeSettings = Pick<Settings, 'bits' | 'pooling' | 'leastWins'>;

/** The settings of a step. */
export function settingsOfSize(size: IndexSize): SizeSettings {
  const { bits, pooling, leastWins } = INDEX_SIZES[size];
  return { bits, pooling, leastWins };
}

/** Null for a choice that is none of the steps. */
export function indexSizeOf({ bits, pooling, leastWins }: SizeSettings): IndexSize | null {
  for (const [size, step] of Object.entries(INDEX_SIZES))
    if (step.bits === bits && step.pooling === pooling && step.leastWins === leastWins)
      return size as IndexSize;
  return null;
}

/** The settings file: readable JSON, every field optional. */
export const settingsSchema = z.object({
  folders: z.array(watchedFolderSchema).default([]),
  /** Folder of the model package; null takes the one that ships with Passim. */
  model: z.string().nullable().default(null),
  /** Bits a residual dimension takes in the index; with `pooling` and `leastWins` one step of {@link INDEX_SIZES}. */
  bits: z.union([z.literal(2), z.literal(3), z.literal(4)]).default(INDEX_SIZES.medium.bits),
  /** Token vectors of a passage that become one, on average; 1 keeps them all. */
  pooling: z.number().min(1).max(3).default(INDEX_SIZES.medium.pooling),
  /** Vectors that are nearest of their passage to fewer centroids of the codebook are left out; 0 keeps them all. */
  leastWins: z.number().int().min(0).max(100).default(INDEX_SIZES.medium.leastWins),
  executionProvider: z.enum(['auto', 'cuda', 'dml', 'coreml', 'cpu']).default('auto'),
  /** Threads for encoding; 0 lets Passim choose and leave the machine usable. */
  threads: z.number().int().min(0).max(256).default(0),
  /** When indexing takes one thread in place of several: on battery and while the person searches, always, or never. */
  gentle: z.enum(['auto', 'always', 'never']).default('auto'),
  limits: z
    .object({
      /** Largest file that is read, in bytes. */
      fileBytes: z
        .number()
        .int()
        .min(1)
        .default(200 * 1024 * 1024),
      /** Seconds one file may take to be read. */
      seconds: z.number().min(1).default(60),
      /** Resident memory one reader may take, in bytes. */
      memoryBytes: z
        .number()
        .int()
        .min(1)
        .default(512 * 1024 * 1024),
      /** Characters of text one file may give. */
      textChars: z.number().int().min(1).default(20_000_000),
    })
    .prefault({}),
  /** Readers that run side by side; 0 lets Passim choose. */
  readers: z.number().int().min(0).max(64).default(0),
  /** Minutes between two full comparisons of the folders with the index. */
  reconcileMinutes: z.number().min(1).default(30),
  /** The server that writes answers to questions; none unless the person names one. */
  answers: z
    .object({
      /** Base address of an OpenAI-compatible server, e.g. "http://127.0.0.1:11434/v1"; null sends nothing anywhere. */
      url: z
        .string()
        .regex(/^https?:\/\/[^\s/]+/, 'an address such as http://127.0.0.1:11434/v1')
        .nullable()
        .default(null),
      /** "" lets the server choose. */
      model: z.string().default(''),
      /** Environment variable that holds the server's key; keys are not kept in files. */
      keyVariable: z.string().nullable().default(null),
      /** Seconds the server may be silent. */
      seconds: z.number().min(1).max(3600).default(120),
      /** Tokens the context may take, as estimated. */
      budget: z.number().int().min(50).default(3_000),
      /** With {context} and {question}; null takes the default. */
      template: z.string().nullable().default(null),
    })
    .prefault({}),
  /** Keep the timings and choices of every search on this machine. */
  traces: z.boolean().default(false),
  /** Of files that answer about equally well the newer comes first. */
  recency: z.boolean().default(true),
  /** Keep which results the person uses, so that search can be measured on them; on this machine alone. */
  judgements: z.boolean().default(false),
});
export type Settings = z.infer<typeof settingsSchema>;
