import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { messageOf } from '../../lambda/model/errors.ts';
import type { JsonObject } from '../../lambda/model/json.ts';
import { WrongUse } from '../terminal/exit-codes.ts';
import type { Surroundings } from './cloud-files.ts';

const SETTINGS = ['cacert', 'cert', 'key'];

/**
 * The cloud with the text of its PEM files in the place of their paths, for a function has no files.
 * @param place where the cloud is, for messages
 * @throws WrongUse when a file cannot be read
 */
export async function withPemTexts(cloud: JsonObject, place: string, where: Surroundings): Promise<JsonObject> {
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
