import { ImageDropError } from '../model/errors.ts';
import { isObject, type JsonObject } from './json.ts';

/** One mapping of clouds.yaml, which knows where it stands. No message shows a value: it may be a secret. */
export class YamlSection {
  readonly place: string;
  readonly #values: JsonObject;

  /** @throws `bad-clouds-yaml` when the value is no mapping */
  constructor(place: string, value: unknown) {
    if (!isObject(value)) throw badCloudsYaml(place, 'must be a mapping of names to values');
    this.place = place;
    this.#values = value;
  }

  get names(): readonly string[] {
    return Object.keys(this.#values);
  }

  section(name: string): YamlSection {
    return new YamlSection(this.#placeOf(name), this.#value(name));
  }

  /** @returns undefined when it is missing or empty */
  text(name: string): string | undefined {
    const value = this.#value(name) ?? '';
    // A bare 0123 or 1e5 has lost its spelling by now.
    if (typeof value !== 'string') throw this.bad(name, 'must be text: put it in quotes');
    return value === '' ? undefined : value;
  }

  requiredText(name: string): string {
    const value = this.text(name);
    if (value === undefined) throw this.bad(name, 'is missing');
    return value;
  }

  flag(name: string, byDefault: boolean): boolean {
    const value = this.#value(name) ?? byDefault;
    if (typeof value !== 'boolean') throw this.bad(name, 'must be true or false');
    return value;
  }

  bad(name: string, problem: string): ImageDropError {
    return badCloudsYaml(this.#placeOf(name), problem);
  }

  #value(name: string): unknown {
    return Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
  }

  #placeOf(name: string): string {
    return this.place === '' ? name : `${this.place}.${name}`;
  }
}

function badCloudsYaml(place: string, problem: string): ImageDropError {
  return new ImageDropError('bad-clouds-yaml', `In clouds.yaml, ${place || 'the document'} ${problem}.`);
}
