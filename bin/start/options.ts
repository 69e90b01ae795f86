import type { TargetKind } from '../../lambda/model/target.ts';
import { type LocalFile, localFile, refuseTwins } from '../local-files.ts';
import { kindOf } from '../terminal/options.ts';

export interface StartOptions {
  /** To be dropped, in this order; none: run until interrupted. */
  readonly files: readonly LocalFile[];
  /** A cloud of the user's own clouds.yaml; undefined: the simulator. */
  readonly osCloud?: string;
  readonly kind: TargetKind;
  readonly json: boolean;
}

/** What the command line decides. */
export interface StartValues {
  readonly 'os-cloud'?: string;
  readonly kind?: string;
  readonly json?: boolean;
}

/** The name of the simulated cloud in clouds.yaml. */
export const simulatorOf = (kind: StartOptions['kind']): string => (kind === 'ims' ? 'simulator-ims' : 'simulator');

/** @throws WrongUse naming the argument */
export function startOptions(values: StartValues, positionals: readonly string[]): StartOptions {
  const files = positionals.map(localFile);
  refuseTwins(files);
  return {
    files,
    kind: kindOf(values.kind),
    json: values.json ?? false,
    ...(values['os-cloud'] !== undefined && { osCloud: values['os-cloud'] }),
  };
}
