import type { TargetKind } from '../../lambda/model/target.ts';
import { WrongUse } from '../terminal/exit-codes.ts';
import { kindOf } from '../terminal/options.ts';

export interface InspectOptions {
  /** A path, or s3://bucket/key. */
  readonly source: string;
  /** What the user says that the file is; an object's own metadata may say it, too. */
  readonly diskFormat?: string;
  /** A cloud of the user's own to be asked; without it, targets are judged by their settings. */
  readonly osCloud?: string;
  readonly kind: TargetKind;
  /** Whether all checks are listed. */
  readonly checks: boolean;
  readonly json: boolean;
}

/** What the command line decides. */
export interface InspectValues {
  readonly 'disk-format'?: string;
  readonly 'os-cloud'?: string;
  readonly kind?: string;
  readonly checks?: boolean;
  readonly json?: boolean;
}

/** @throws WrongUse naming the argument */
export function inspectOptions(values: InspectValues, positionals: readonly string[]): InspectOptions {
  const [source, ...others] = positionals;
  if (source === undefined || others.length > 0) throw new WrongUse('Name one file, or one object as s3://bucket/key.');
  return {
    source,
    kind: kindOf(values.kind),
    checks: values.checks ?? false,
    json: values.json ?? false,
    ...(values['disk-format'] !== undefined && { diskFormat: values['disk-format'] }),
    ...(values['os-cloud'] !== undefined && { osCloud: values['os-cloud'] }),
  };
}
