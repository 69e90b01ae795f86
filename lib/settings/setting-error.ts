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
