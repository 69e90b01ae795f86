import { isAlias, isMap, isScalar, isSeq, type Pair, type ParsedNode, type YAMLMap } from 'yaml';
import { ImageDropError } from '../model/errors.ts';
import { type JsonSchema, type Path, type Problem, pathText, schemaOfName } from '../model/json-schema.ts';

interface Offsets {
  readonly name: number;
  readonly value: number;
}

/** The values of a YAML document as far as a schema looks, and the place of each. */
export class YamlTree {
  readonly #offsets = new Map<string, Offsets>();
  readonly #refusal: (offset: number, words: string) => Error;

  /** @param refusal makes the error that is thrown for what the schema's language cannot say */
  constructor(refusal: (offset: number, words: string) => Error) {
    this.#refusal = refusal;
  }

  /** Goes no deeper than the schema does, however deep the document is. */
  valueOf(node: ParsedNode | null, schema: JsonSchema, path: Path = []): unknown {
    if (node === null) return null;
    this.#refuseShorthand(node);
    if (isScalar(node)) return isSpelledOut(schema, node.value) ? node.source : node.value;
    if (isSeq(node))
      return node.items.map((item, index) => this.#item(item as ParsedNode | null, schema, [...path, index]));
    if (!isMap(node)) return null;
    return Object.fromEntries((node as YAMLMap.Parsed).items.map((pair) => this.#entry(pair, schema, path)));
  }

  /** The offset of a name or a value; 0 for the document itself. */
  offsetOf(path: Path, about: Problem['about']): number {
    return this.#offsets.get(keyOf(path))?.[about] ?? 0;
  }

  #item(node: ParsedNode | null, { items }: JsonSchema, path: Path): unknown {
    this.#offsets.set(keyOf(path), { name: startOf(node), value: startOf(node) });
    return items === undefined ? null : this.valueOf(node, items, path);
  }

  #entry({ key, value }: Pair<ParsedNode, ParsedNode | null>, schema: JsonSchema, path: Path): [string, unknown] {
    const name = this.#nameOf(key);
    const place = [...path, name];
    if (this.#offsets.has(keyOf(place))) throw this.#refusal(startOf(key), `${pathText(place)} is here again`);
    this.#offsets.set(keyOf(place), { name: startOf(key), value: startOf(value ?? key) });
    const of = schemaOfName(schema, name);
    return [name, of === undefined ? null : this.valueOf(value, of, place)];
  }

  /** `24: x` names "24"; what has no text of its own names nothing. */
  #nameOf(key: ParsedNode): string {
    this.#refuseShorthand(key);
    if (!isScalar(key) || key.value === null) throw this.#refusal(startOf(key), 'a name must be text');
    return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
  }

  /** What makes bombs, and values that are not where they seem to be. */
  #refuseShorthand(node: ParsedNode): void {
    const offset = startOf(node);
    if (isAlias(node)) throw this.#refusal(offset, 'an alias (*) cannot stand here: write the value itself');
    if (node.anchor !== undefined)
      throw this.#refusal(offset, 'an anchor (&) cannot stand here: write the value alone');
    if (node.tag !== undefined) throw this.#refusal(offset, 'a tag (!) cannot stand here: write the value alone');
  }
}

const startOf = (node: ParsedNode | null): number => node?.range[0] ?? 0;

const keyOf = (path: Path): string => JSON.stringify(path);

/** A version 24.10 is the text 24.10, and no number 24.1. */
function isSpelledOut({ type }: JsonSchema, value: unknown): boolean {
  return Array.isArray(type) && type.includes('string') && (typeof value === 'number' || typeof value === 'boolean');
}

/**
 * @param place where it is, as its writer knows it
 * @param words what is wrong, as the rest of the sentence
 */
export function badMetadata(place: string, words: string): ImageDropError {
  return new ImageDropError('bad-metadata', `${place} ${words}.`);
}

/** Of a file beside the image, which can be corrected without touching the image. */
export function badFile(place: string, words: string): ImageDropError {
  const nextStep = 'Correct the file at that place, then run `imagedrop retry` for the image or drop it again.';
  return new ImageDropError('bad-metadata', `${place}: ${words}.`, { nextStep });
}
