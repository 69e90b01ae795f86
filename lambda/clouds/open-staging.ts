import { ImageDropError } from '../model/errors.ts';
import type { StagingPlace, Target } from '../model/target.ts';
import type { CloudTls, ObjectStorageKeys } from './cloud.ts';
import { cloudNamed } from './clouds-yaml.ts';

/** By what the staging bucket of a target is reached. */
export type StagingAccess = Omit<StagingPlace, 'bucket'> & ObjectStorageKeys & Pick<CloudTls, 'verify' | 'cacert'>;

/** Whether a bucket at an endpoint (undefined: Amazon S3) is the staging bucket: names alone are not, S3 and OBS have each their own. */
export function isPlace(place: StagingPlace | undefined, bucket: string, endpoint: string | undefined): boolean {
  if (place === undefined || endpoint === undefined) return false;
  return place.bucket === bucket && URL.parse(place.endpoint)?.host === URL.parse(endpoint)?.host;
}

/**
 * Makes staging buckets of targets with the keys of a clouds.yaml; each is kept until the text of clouds.yaml is another.
 * @param make a store of a bucket
 */
export function stagingOpener<Store>(make: (access: StagingAccess, bucket: string) => Store) {
  const known = new Map<Target, { readonly cloudsYaml: string; readonly store: Store }>();
  return (cloudsYaml: string, target: Target): Store => {
    const kept = known.get(target);
    if (kept?.cloudsYaml === cloudsYaml) return kept.store;
    const { bucket, ...access } = stagingAccess(cloudsYaml, target);
    const store = make(access, bucket);
    known.set(target, { cloudsYaml, store });
    return store;
  };
}

/** The bucket, and by what it is reached. @throws `bad-clouds-yaml` when there are no keys for it */
export function stagingAccess(cloudsYaml: string, target: Target): StagingAccess & Pick<StagingPlace, 'bucket'> {
  return { ...placeOf(target), ...keysOf(cloudsYaml, target) };
}

function placeOf({ name, objectStorage }: Target): StagingPlace {
  if (objectStorage?.staging !== undefined) return objectStorage.staging;
  throw new ImageDropError('bad-setting', `The target ${name} has no staging bucket any more.`, {
    nextStep: `Set targets.${name}.staging again, or drop the file again to have it planned anew.`,
  });
}

function keysOf(cloudsYaml: string, { name }: Target): Omit<StagingAccess, 'endpoint' | 'region'> {
  const { objectStorage, verify, cacert } = cloudNamed(cloudsYaml, name);
  if (objectStorage === undefined) {
    const message = `In clouds.yaml, clouds.${name}.object_storage is missing: the target has a staging bucket, which needs access_key_id and secret_access_key.`;
    throw new ImageDropError('bad-clouds-yaml', message);
  }
  return { ...objectStorage, verify, ...(cacert !== undefined && { cacert }) };
}
