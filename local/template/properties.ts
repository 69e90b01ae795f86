/** The resolved properties of one resource, read with their types checked. */
export class Properties {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #where: string;

  /** @param where names the place in errors: "DropQueue (AWS::SQS::Queue)" */
  constructor(values: unknown, where: string) {
    if (typeof values !== 'object' || values === null || Array.isArray(values)) {
      throw new TemplateError(`${where} has ${JSON.stringify(values)} where an object is expected`);
    }
    this.#values = values as Record<string, unknown>;
    this.#where = where;
  }

  has(name: string): boolean {
    return this.#values[name] !== undefined;
  }

  raw(name: string): unknown {
    return this.#values[name];
  }

  string(name: string): string {
    return this.optionalString(name) ?? this.#missing(name);
  }

  optionalString(name: string): string | undefined {
    const value = this.#values[name];
    if (value === undefined) return undefined;
    if (typeof value === 'object') return this.#wrong(name, 'text');
    return String(value);
  }

  /** CloudFormation takes numbers as text too. */
  optionalNumber(name: string): number | undefined {
    const text = this.optionalString(name);
    if (text === undefined) return undefined;
    const number = Number(text);
    return Number.isFinite(number) ? number : this.#wrong(name, 'a number');
  }

  number(name: string, fallback: number): number {
    return this.optionalNumber(name) ?? fallback;
  }

  boolean(name: string, fallback: boolean): boolean {
    const text = this.optionalString(name);
    return text === undefined ? fallback : text === 'true';
  }

  object(name: string): Properties {
    return new Properties(this.#values[name] ?? {}, `${this.#where}.${name}`);
  }

  list(name: string): unknown[] {
    const value = this.#values[name] ?? [];
    return Array.isArray(value) ? value : this.#wrong(name, 'a list');
  }

  strings(name: string): string[] {
    return this.list(name).map((item) => (typeof item === 'string' ? item : this.#wrong(name, 'a list of texts')));
  }

  objects(name: string): Properties[] {
    return this.list(name).map((item, index) => new Properties(item, `${this.#where}.${name}[${index}]`));
  }

  /** All entries as text, as a function's environment is. */
  texts(): Record<string, string> {
    return Object.fromEntries(Object.keys(this.#values).map((name) => [name, this.string(name)]));
  }

  /** Refuses a property that this stack would silently not honour. */
  refuse(...names: readonly string[]): void {
    for (const name of names) {
      const value = this.#values[name];
      if (value === undefined || (Array.isArray(value) && value.length === 0)) continue;
      throw new TemplateError(`${this.#where} has ${name}, which the local stack does not support`);
    }
  }

  #missing(name: string): never {
    throw new TemplateError(`${this.#where} lacks ${name}`);
  }

  #wrong(name: string, expected: string): never {
    throw new TemplateError(`${this.#where}.${name} is ${JSON.stringify(this.#values[name])}, not ${expected}`);
  }

  /** For errors about a value: its place. */
  get where(): string {
    return this.#where;
  }
}

/** The template asks for something that this stack cannot run; the message names the place. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}
