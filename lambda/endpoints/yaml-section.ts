import { ImageDropError } from '../model/errors.ts';
import { isObject, type JsonObject } from './json.ts';

/** `%(password)s` (Python), `{{ password }}` (Jinja, Helm) and, as the whole value, `${PASSWORD}` (a shell). */
const UNFILLED = [/%\([\w.-]+\)s/, /\{\{.*\}\}/s, /^\$\{\w+\}$/];

/** A setting that stands in the file, and under which of its names. */
interface Given {
  readonly place: string;
  readonly value: unknown;
}

/**
 * One mapping of clouds.yaml, which knows where it stands. A setting may be asked for by several names, each of which may
 * be written with dashes; all that are there must agree. No message shows a value: it may be a secret.
 */
export class YamlSection {
  readonly place: string;
  readonly #values: JsonObject;
  readonly #around: YamlSection | undefined;

  /**
   * @param around is asked too for what the section does not say
   * @throws `bad-clouds-yaml` when the value is no mapping
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
    const said = here.filter(({ value }) => value !== undefined && value !== null && value !== '');
    return this.#around === undefined ? said : [...said, ...this.#around.#everywhere(names)];
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
