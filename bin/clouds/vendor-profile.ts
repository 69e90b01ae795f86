import { isObject, type JsonObject } from '../../lambda/model/json.ts';
import { WrongUse } from '../terminal/exit-codes.ts';
import { findCloudFile, type Surroundings } from './cloud-files.ts';

/**
 * The cloud with what its `profile` (of old: `cloud`) stands for in clouds-public.yaml, wherever it does not say so
 * itself. openstacksdk has profiles of its own too, and fetches some from the vendor: these are refused.
 * @throws WrongUse when there is no such profile
 */
export async function withProfile(cloud: JsonObject, where: Surroundings): Promise<JsonObject> {
  const { profile, cloud: oldName, ...own } = cloud;
  const name = profile ?? oldName;
  if (name === undefined) return cloud;
  const file = await findCloudFile('clouds-public', where);
  const profiles = file?.content['public-clouds'];
  const found = isObject(profiles) && Object.hasOwn(profiles, String(name)) ? profiles[String(name)] : undefined;
  if (!isObject(found)) {
    throw new WrongUse(
      `There is no profile ${name} in ${file?.path ?? 'any clouds-public.yaml'}, and openstacksdk's own are not known here: write what it stands for (auth_url, region_name, interface) into the cloud and take \`profile\` out.`,
    );
  }
  return over(found, own);
}

/** A region of the cloud's own makes the profile's list of regions void. */
function over({ regions, region_name, ...profile }: JsonObject, own: JsonObject): JsonObject {
  const ownRegion = own.regions ?? own.region_name ?? own['region-name'];
  const region = ownRegion === undefined ? { regions, region_name } : {};
  const auth = { ...(isObject(profile.auth) && profile.auth), ...(isObject(own.auth) && own.auth) };
  const known = Object.entries(region).filter(([, value]) => value !== undefined);
  return { ...profile, ...Object.fromEntries(known), ...own, auth };
}
