import type { Cloud } from '../../lambda/clouds/cloud.ts';
import { cloudIn } from '../../lambda/clouds/clouds-yaml.ts';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { isObject, type JsonObject } from '../../lambda/model/json.ts';
import { WrongUse } from '../terminal/exit-codes.ts';
import { type CloudFile, findCloudFile, foldersOf, type Surroundings, surroundings } from './cloud-files.ts';
import { withPemTexts } from './pem-texts.ts';
import { withProfile } from './vendor-profile.ts';

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
