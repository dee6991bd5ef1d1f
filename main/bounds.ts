/** Characters and values that one message may hold in all; the largest honest one is an export to be copied. */
const MAX_CHARACTERS = 20_100_000;
const MAX_VALUES = 100_000;
const MAX_DEPTH = 50;

/**
 * Whether a message is plain data of a bounded size: primitives, arrays and plain objects. Looked at before any
 * schema, so that nothing walks a message that is larger, deeper or stranger than any the window sends.
 */
export function isModest(message: unknown): boolean {
  let characters = 0;
  let values = 0;
  let level: unknown[] = [message];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_DEPTH) return false;
    const next: unknown[] = [];
    for (const value of level) {
      values += 1;
      if (typeof value === 'string') characters += value.length;
      if (values + next.length > MAX_VALUES || characters > MAX_CHARACTERS) return false;
      if (typeof value !== 'object' || value === null) continue;
      const plain = Array.isArray(value) || isPlain(value);
      if (!plain) return false;
      for (const key of Object.keys(value)) {
        characters += key.length;
        next.push(value[key as keyof typeof value]);
        if (next.length > MAX_VALUES) return false;
      }
    }
    level = next;
  }
  return true;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
