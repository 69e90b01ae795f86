/** `const _h = "http";`, as the SDK's schemas name what stands in them often. */
const CONSTANT = /^const (\w+) = ("(?:[^"\\]|\\.)*");$/gm;

/** `[_h]:` of an object. */
const COMPUTED_KEY = /(?<=[{,]\s*)\[(\w+)\](?=:)/g;

/**
 * Puts the constants of a module of the SDK in the place of the computed keys that name them: `{ [_h]: 1 }` is
 * `{ "http": 1 }`. It is the same object; but of a computed key esbuild cannot tell that it has no effect, and keeps the
 * schemas of a hundred operations that nobody calls.
 */
export function withLiteralKeys(text: string): string {
  const constants = new Map(Array.from(text.matchAll(CONSTANT), ([, name, literal]) => [name, literal]));
  return text.replace(COMPUTED_KEY, (key, name) => constants.get(name) ?? key);
}
