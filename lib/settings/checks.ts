/** The whole numbers that a property takes, and where the bounds come from. */
export interface Bounds {
  readonly lowest: number;
  readonly highest: number;
  /** What is counted, and who sets the bounds: "MiB of memory, the range of AWS Lambda". */
  readonly of: string;
}

/** @throws SettingError when the value is not a whole number within the bounds */
export function wholeNumber(property: string, value: unknown, { lowest, highest, of }: Bounds): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= lowest && value <= highest) return value;
  throw new SettingError(property, value, `give a whole number from ${lowest} to ${highest} (${of}).`);
}

/** @throws SettingError when the value is not an object, or has an unknown name */
export function objectOf(
  property: string,
  value: unknown,
  known: readonly string[],
): Readonly<Record<string, unknown>> {
  const object = plainObject(property, value);
  const unknown = Object.keys(object).find((name) => !known.includes(name));
  if (unknown === undefined) return object;
  throw new SettingError(`${property}.${unknown}`, object[unknown], `nothing has this name; use ${known.join(', ')}.`);
}

/** @throws SettingError when the value is not an object of named values */
export function plainObject(property: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new SettingError(property, value, 'give an object of named values.');
}

/** A property of the construct, or a context value of the app, that cannot work; found before anything is deployed. */
export class SettingError extends Error {
  override readonly name = 'SettingError';

  /**
   * @param property as the user wrote it: "targets.mycloud.kind"
   * @param problem what is wrong with the value and what to write instead
   */
  constructor(property: string, value: unknown, problem: string) {
    super(`${property} is ${value === undefined ? 'missing' : JSON.stringify(value)}: ${problem}`);
  }
}
