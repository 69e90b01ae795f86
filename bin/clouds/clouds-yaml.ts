import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Cloud } from '../../lambda/clouds/cloud.ts';
import { cloudIn } from '../../lambda/clouds/clouds-yaml.ts';
import { ImageDropError, messageOf } from '../../lambda/model/errors.ts';
import { isObject, type JsonObject } from '../../lambda/model/json.ts';
import { WrongUse } from '../terminal/exit-codes.ts';
import { type CloudFile, findCloudFile, foldersOf, type Surroundings, surroundings } from './cloud-files.ts';

export interface OwnCloud {
  readonly cloud: Cloud;
  /** As a function can use it: without other clouds, and with the contents of files in place of their names. */
  readonly cloudsYaml: string;
}

/**
 * A cloud of the user's own files, as openstacksdk puts it together: clouds.yaml, over it secure.yaml, under both the
 * profile of clouds-public.yaml that it names.
 * @throws WrongUse when there is no such cloud, or something in it that the functions would refuse
 */
export async function ownCloud(name: string, where: Surroundings = surroundings()): Promise<OwnCloud> {
  try {
    const files = [await findCloudFile('clouds', where), await findCloudFile('secure', where)];
    return await ownCloudIn(
      files.filter((file) => file !== undefined),
      name,
      where,
    );
  } catch (error) {
    throw error instanceof ImageDropError ? new WrongUse(error.message) : error;
  }
}

async function ownCloudIn(files: readonly CloudFile[], name: string, where: Surroundings): Promise<OwnCloud> {
  if (files.length === 0) throw new WrongUse(`No clouds.yaml was found in ${foldersOf(where).join(', ')}.`);
  const { clouds } = files.map(({ content }) => content).reduce(merged);
  const paths = files.map(({ path }) => path).join(' and ');
  if (!isObject(clouds) || !Object.hasOwn(clouds, name)) {
    const known = isObject(clouds) ? Object.keys(clouds).join(', ') : '';
    throw new WrongUse(`There is no cloud ${name} in ${paths}; there is ${known || 'none'}.`);
  }
  const written = clouds[name];
  if (!isObject(written)) throw new WrongUse(`In ${paths}, clouds.${name} must be a mapping of names to values.`);
  const whole = await withPemTexts(await withProfile(written, where), `clouds.${name}`, where);
  const document = { clouds: { [name]: whole } };
  // JSON is YAML without any ambiguity.
  return { cloud: cloudIn(document, name), cloudsYaml: JSON.stringify(document) };
}

/** Mappings are merged at every depth; any other value of the later file takes the place of the earlier. */
function merged(earlier: JsonObject, later: JsonObject): JsonObject {
  const entries = Object.entries(later).map(([name, value]): [string, unknown] => {
    const before = Object.hasOwn(earlier, name) ? earlier[name] : undefined;
    return [name, isObject(before) && isObject(value) ? merged(before, value) : value];
  });
  return { ...earlier, ...Object.fromEntries(entries) };
}

const SETTINGS = ['cacert', 'cert', 'key'];

/**
 * The cloud with the text of its PEM files in the place of their paths, for a function has no files.
 * @param place where the cloud is, for messages
 * @throws WrongUse when a file cannot be read
 */
async function withPemTexts(cloud: JsonObject, place: string, where: Surroundings): Promise<JsonObject> {
  const texts = SETTINGS.map(async (name): Promise<[string, unknown]> => {
    const value = cloud[name];
    const isPath = typeof value === 'string' && value !== '' && !value.includes('-----BEGIN');
    return [name, isPath ? await textOf(value, `${place}.${name}`, where) : value];
  });
  const known = (await Promise.all(texts)).filter(([, value]) => value !== undefined);
  return { ...cloud, ...Object.fromEntries(known) };
}

/** As openstacksdk has it: `~` is the home folder, and a relative path begins in the working directory. */
async function textOf(path: string, place: string, { workingDirectory, home }: Surroundings): Promise<string> {
  const whole = /^~(\/|$)/.test(path) ? join(home, path.slice(1)) : resolve(workingDirectory, path);
  try {
    return await readFile(whole, 'utf8');
  } catch (error) {
    throw new WrongUse(`${place} names ${whole}, which cannot be read: ${messageOf(error)}.`);
  }
}

/**
 * The cloud with what its `profile` (of old: `cloud`) stands for in clouds-public.yaml, wherever it does not say so
 * itself. openstacksdk has profiles of its own too, and fetches some from the vendor: these are refused.
 * @throws WrongUse when there is no such profile
 */
async function withProfile(cloud: JsonObject, where: Surroundings): Promise<JsonObject> {
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
