import {
  type Document,
  isAlias,
  isNode,
  isScalar,
  LineCounter,
  type Pair,
  parseDocument,
  type Scalar,
  visit,
} from 'yaml';
import { ImageDropError } from '../model/errors.ts';
import { isObject, type JsonObject } from '../model/json.ts';

/**
 * Reads YAML as openstacksdk's parser does: version 1.1, with `yes` and `no` for flags, and `<<` for what sections share.
 * @param file for messages
 * @throws `bad-clouds-yaml`, never with text of the file, which may be a password
 */
export function parseYaml(text: string, file: string): unknown {
  requireUtf8(text, file);
  const lines = new LineCounter();
  const document = parseDocument(text, { version: '1.1', lineCounter: lines, prettyErrors: false });
  const error = document.errors[0];
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw new ImageDropError('bad-clouds-yaml', `${file} is not YAML: ${error.code} at line ${line}, column ${col}.`);
  }
  // The parser only warns of tags that it does not know, and takes what follows as text.
  const unknownTag = document.warnings.find(({ code }) => code === 'TAG_RESOLVE_FAILED');
  if (unknownTag !== undefined) {
    const { line, col } = lines.linePos(unknownTag.pos[0]);
    const problem = `has a tag (!) that YAML does not define at line ${line}, column ${col}`;
    throw new ImageDropError('bad-clouds-yaml', `${file} ${problem}: write the value itself there.`);
  }
  const nameless = pairWithoutName(document);
  if (nameless !== undefined) {
    const { line } = lines.linePos(startOf(nameless));
    throw new ImageDropError('bad-clouds-yaml', `${file} has a name that is not text at line ${line}.`);
  }
  visit(document, { Scalar: (_, scalar) => spellOut(scalar) });
  try {
    return withoutCycles(document.toJS());
  } catch {
    const problem = 'has an alias without an anchor, too many of them, or one inside of what it stands for';
    throw new ImageDropError('bad-clouds-yaml', `${file} ${problem}.`);
  }
}

/** What a reader of UTF-8 makes of bytes that are none, and of UTF-16. */
const NOT_UTF8 = /[\ufffd\0]/;

function requireUtf8(text: string, file: string): void {
  const at = text.search(NOT_UTF8);
  if (at < 0) return;
  const before = text.slice(0, at).split('\n');
  const place = `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
  const problem = `is not text in UTF-8 at ${place}: it may be UTF-16 or Latin-1`;
  throw new ImageDropError('bad-clouds-yaml', `${file} ${problem}. Save it as UTF-8.`);
}

function pairWithoutName(document: Document.Parsed): Pair | undefined {
  let found: Pair | undefined;
  visit(document, {
    Pair(_, pair) {
      if (isName(pair, document)) return;
      found = pair;
      return visit.BREAK;
    },
  });
  return found;
}

/** The parser would write any other name as YAML, and warn of it with its text. */
function isName({ key }: Pair, document: Document.Parsed): boolean {
  const node = isAlias(key) ? key.resolve(document) : key;
  return node === null || (isScalar(node) && (node.value === null || typeof node.value !== 'object'));
}

const startOf = ({ key }: Pair): number => (isNode(key) ? (key.range?.[0] ?? 0) : 0);

/** No reader here expects a mapping that contains itself: it would never end. @throws TypeError */
function withoutCycles(value: unknown): unknown {
  JSON.stringify(value);
  return value;
}

/** Numbers with the same text for every reader and writer; 0123, 1e5 and 1_000 are not. */
const PLAIN_NUMBER = /^(0|[1-9]\d*)(\.(0|\d{0,14}[1-9]))?$/;

/** clouds.yaml knows no numbers: a project_id of digits is text, as in openstacksdk. */
function spellOut(scalar: Scalar): void {
  const { value, source = '' } = scalar;
  if (typeof value === 'number' && PLAIN_NUMBER.test(source)) scalar.value = source;
}

/** `%(password)s` (Python), `{{ password }}` (Jinja, Helm) and, as the whole value, `${PASSWORD}` (a shell). */
const UNFILLED = [/%\([\w.-]+\)s/, /\{\{.*\}\}/s, /^\$\{\w+\}$/];

/** A setting in the file, and under which of its names. */
interface Given {
  readonly place: string;
  readonly value: unknown;
}

/**
 * One mapping of clouds.yaml, which knows its place. A setting may have several names, and each may
 * be written with dashes; all that are there must agree. No message shows a value: it may be a secret.
 */
export class YamlSection {
  readonly place: string;
  readonly #values: JsonObject;
  readonly #around: YamlSection | undefined;

  /**
   * @param around is asked too for what the section does not say
   * @throws `bad-clouds-yaml` when the value is not a mapping
   */
  constructor(place: string, value: unknown, around?: YamlSection) {
    if (!isObject(value)) throw badCloudsYaml(place, 'must be a mapping of names to values');
    this.place = place;
    this.#values = value;
    this.#around = around;
  }

  get names(): readonly string[] {
    return Object.keys(this.#values);
  }

  section(name: string): YamlSection {
    return new YamlSection(this.#placeOf(name), this.#own(name));
  }

  /** A section that may be missing, and whose settings may also stand around it. */
  sectionWithin(name: string): YamlSection {
    return new YamlSection(this.#placeOf(name), this.#own(name) ?? {}, this);
  }

  /** The section with some values in the place of its own. */
  with(values: JsonObject): YamlSection {
    return new YamlSection(this.place, { ...this.#values, ...values }, this.#around);
  }

  /** @returns undefined when it is missing or empty */
  value(...names: string[]): unknown {
    return this.#given(names)?.value;
  }

  /** @returns undefined when it is missing or empty */
  text(...names: string[]): string | undefined {
    const given = this.#given(names);
    if (given === undefined) return undefined;
    // A bare 0123 or 1e5 has lost its spelling by now.
    if (typeof given.value !== 'string') throw badCloudsYaml(given.place, 'must be text: put it in quotes');
    return given.value;
  }

  requiredText(...names: string[]): string {
    const value = this.text(...names);
    if (value === undefined) throw this.bad(names[0] ?? '', 'is missing');
    return value;
  }

  flag(name: string, byDefault: boolean): boolean {
    const value = this.value(name) ?? byDefault;
    if (typeof value !== 'boolean') throw this.bad(name, 'must be true or false, without quotes');
    return value;
  }

  bad(name: string, problem: string): ImageDropError {
    return badCloudsYaml(this.#placeOf(name), problem);
  }

  #given(names: readonly string[]): Given | undefined {
    const [first, ...others] = this.#everywhere(names);
    const other = others.find(({ value }) => value !== first?.value);
    if (first !== undefined && other !== undefined) {
      throw badCloudsYaml(first.place, `and ${other.place} say different things: keep one of them`);
    }
    this.#refuseTemplate(first);
    return first;
  }

  #refuseTemplate(given: Given | undefined): void {
    if (typeof given?.value !== 'string' || !UNFILLED.some((pattern) => pattern.test(String(given.value)))) return;
    const problem = 'holds a placeholder of a template that was not filled in: write the value itself';
    throw badCloudsYaml(given.place, problem);
  }

  #everywhere(names: readonly string[]): readonly Given[] {
    const spellings = new Set(names.flatMap((name) => [name, name.replaceAll('_', '-')]));
    const here = [...spellings].map((name) => ({ place: this.#placeOf(name), value: this.#own(name) }));
    const written = here.filter(({ value }) => value !== undefined && value !== null && value !== '');
    return this.#around === undefined ? written : [...written, ...this.#around.#everywhere(names)];
  }

  #own(name: string): unknown {
    return Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
  }

  #placeOf(name: string): string {
    return this.place === '' ? name : `${this.place}.${name}`;
  }
}

function badCloudsYaml(place: string, problem: string): ImageDropError {
  return new ImageDropError('bad-clouds-yaml', `In clouds.yaml, ${place || 'the document'} ${problem}.`);
}
