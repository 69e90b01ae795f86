/** What the log and the terminal say of `verify: false`. */
export function uncheckedWarning(cloud: string): string {
  return `The certificates of ${cloud} are not checked (verify: false): anyone on the way can read and change everything.`;
}
