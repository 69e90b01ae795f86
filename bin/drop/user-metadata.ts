import { AGAIN_HEADER, TARGETS_HEADER } from '../../lambda/metadata/chosen-targets.ts';
import { userLayer } from '../../lambda/metadata/user-metadata.ts';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { WrongUse } from '../terminal/exit-codes.ts';

/** What the command line says about the image. */
export interface MetadataValues {
  readonly name?: string;
  readonly 'disk-format'?: string;
  readonly 'min-disk'?: string;
  readonly 'min-ram'?: string;
  readonly visibility?: string;
  readonly protected?: boolean;
  readonly hidden?: boolean;
  readonly 'os-version'?: string;
  readonly again?: boolean;
  readonly tag?: readonly string[];
  readonly property?: readonly string[];
}

/** Options whose value is that of the user metadata of the same name. */
const PLAIN = ['name', 'disk-format', 'min-disk', 'min-ram', 'visibility', 'os-version'] as const;

/**
 * The user metadata (`x-amz-meta-…`) that say the same as the options.
 * @throws WrongUse for what create-metadata would refuse
 */
export function userMetadata(values: MetadataValues, files: number): Readonly<Record<string, string>> {
  if (values.name !== undefined && files > 1) throw new WrongUse('--name is for one file.');
  const { tag: tags = [], property: properties = [] } = values;
  const entries = [
    ...PLAIN.flatMap((name): [string, string][] => (values[name] === undefined ? [] : [[name, values[name]]])),
    ...(values.protected ? [['protected', 'true']] : []),
    ...(values.again ? [[AGAIN_HEADER, 'true']] : []),
    ...(values.hidden ? [['os-hidden', 'true']] : []),
    ...(tags.length > 0 ? [['tags', tags.map(oneTag).join(',')]] : []),
    ...properties.map(oneProperty),
  ];
  const metadata: Record<string, string> = Object.fromEntries(entries);
  requireTaken(metadata);
  return metadata;
}

/**
 * The user metadata of a drop that goes to these targets alone.
 * @throws WrongUse where there is no room for them
 */
export function withTargets(
  metadata: Readonly<Record<string, string>>,
  targets: readonly { readonly name: string }[],
): Readonly<Record<string, string>> {
  const chosen = { ...metadata, [TARGETS_HEADER]: targets.map(({ name }) => name).join(',') };
  requireTaken(chosen);
  return chosen;
}

function oneTag(tag: string): string {
  if (tag.includes(',')) throw new WrongUse(`--tag takes one tag, and ${JSON.stringify(tag)} has a comma in it.`);
  return tag;
}

function oneProperty(given: string): [string, string] {
  const at = given.indexOf('=');
  if (at < 1) throw new WrongUse(`--property is NAME=VALUE, not ${JSON.stringify(given)}.`);
  const name = given.slice(0, at);
  // Names of headers have no case, and S3 makes them lower case.
  if (name !== name.toLowerCase() || !/^[\x21-\x7e]+$/.test(name)) {
    throw new WrongUse(`The name of a property is in lower case and ASCII, not ${JSON.stringify(name)}.`);
  }
  return [`property-${name}`, given.slice(at + 1)];
}

/** S3 user guide, "User-defined object metadata". */
const MAX_METADATA_BYTES = 2048;

function requireTaken(metadata: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(metadata)) {
    if (!/^[\x20-\x7e]*$/.test(value)) {
      throw new WrongUse(
        `Metadata of an object are ASCII in S3, and ${name} is ${JSON.stringify(value)}: say it in a file KEY.yaml.`,
      );
    }
  }
  if (Object.entries(metadata).flat().join('').length > MAX_METADATA_BYTES) {
    throw new WrongUse(`Metadata of an object have ${MAX_METADATA_BYTES} bytes in S3; these have more.`);
  }
  try {
    userLayer(metadata);
  } catch (error) {
    throw error instanceof ImageDropError ? new WrongUse(error.message) : error;
  }
}
