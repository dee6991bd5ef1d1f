/*
 * LanceDB reads these from the environment when it is first used. Left alone, a scan reads ahead up to 2 GB: compacting
 * 109,000 multivectors took 360 MB, with this limit 170 MB and no longer.
 */
const LIMITS: Readonly<Record<string, string>> = {
  LANCE_DEFAULT_IO_BUFFER_SIZE: String(32 * 2 ** 20),
};

/** Bounds what LanceDB reads ahead, unless the person's environment says otherwise; to be called before its first use. */
export function limitLance(environment: NodeJS.ProcessEnv = process.env): void {
  for (const [name, value] of Object.entries(LIMITS)) environment[name] ??= value;
}
