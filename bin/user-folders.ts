import { homedir } from 'node:os';
import { join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** What the user has chosen (XDG Base Directory Specification): `~/.config/imagedrop`. */
export const configFolder = (environment: Environment = process.env): string =>
  join(environment.XDG_CONFIG_HOME || join(homedir(), '.config'), 'imagedrop');

/** State that outlives a command but is not a user's choice: `~/.local/state/imagedrop`. */
export const stateFolder = (environment: Environment = process.env): string =>
  join(environment.XDG_STATE_HOME || join(homedir(), '.local/state'), 'imagedrop');
