import type { ObjectStorage, StagingPlace } from '../../lambda/model/target.ts';
import { type Bounds, objectOf, SettingError, wholeNumber } from './checks.ts';
import type { StagingProps, TargetProps } from './target-props.ts';

const BYTES: Bounds = { lowest: 1, highest: Number.MAX_SAFE_INTEGER, of: 'bytes' };

/** Amazon S3 and OBS name their buckets so. */
const BUCKET_NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

const ONLY_FOR_OTHERS = 'this kind of image service reads nothing from object storage; leave it out.';

/**
 * What the service reads from object storage.
 * @param defaults undefined where this kind of service reads nothing from there
 * @throws SettingError
 */
export function objectStorageOf(
  property: string,
  props: TargetProps,
  defaults: ObjectStorage | undefined,
): ObjectStorage | undefined {
  const { staging, maxRegisterBytes, maxFastImportBytes, route } = props;
  if (defaults === undefined) {
    const given = Object.entries({ staging, maxRegisterBytes, maxFastImportBytes }).find(
      ([, value]) => value !== undefined,
    );
    if (given !== undefined) throw new SettingError(`${property}.${given[0]}`, given[1], ONLY_FOR_OTHERS);
    return undefined;
  }
  if (route === 'register' && staging === undefined) {
    throw new SettingError(`${property}.route`, route, 'it needs staging, the bucket that files are put into.');
  }
  return {
    maxRegisterBytes: wholeNumber(`${property}.maxRegisterBytes`, maxRegisterBytes ?? defaults.maxRegisterBytes, BYTES),
    maxFastImportBytes: wholeNumber(
      `${property}.maxFastImportBytes`,
      maxFastImportBytes ?? defaults.maxFastImportBytes,
      BYTES,
    ),
    ...(staging !== undefined && { staging: stagingOf(`${property}.staging`, staging) }),
  };
}

function stagingOf(property: string, staging: StagingProps): StagingPlace {
  objectOf(property, staging, ['bucket', 'endpoint', 'region']);
  const { bucket, endpoint, region = regionIn(endpoint) } = staging;
  if (typeof bucket !== 'string' || !BUCKET_NAME.test(bucket)) {
    throw new SettingError(
      `${property}.bucket`,
      bucket,
      'give the name of a bucket: 3 to 63 of a-z, 0-9, "." and "-".',
    );
  }
  if (typeof endpoint !== 'string' || !/^https?:\/\/[^/?#]+$/.test(endpoint) || !URL.canParse(endpoint)) {
    const problem = 'give the address of the object storage, such as "https://obs.ap-southeast-1.myhuaweicloud.com".';
    throw new SettingError(`${property}.endpoint`, endpoint, problem);
  }
  if (typeof region !== 'string' || region === '') throw new SettingError(`${property}.region`, region, 'give a name.');
  return { bucket, endpoint, region };
}

function regionIn(endpoint: string): string {
  return /^https?:\/\/obs\.([a-z0-9-]+)\./.exec(endpoint)?.[1] ?? 'us-east-1';
}
