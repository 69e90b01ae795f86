import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { parse, stringify } from 'yaml';
import { WrongUse } from '../commands/wrong-use.ts';

/** Where OpenStack clients look (openstacksdk, "Configuring OpenStack SDK Applications"). */
function usualPlaces(): string[] {
  const { OS_CLIENT_CONFIG_FILE: chosen } = process.env;
  const usual = ['./clouds.yaml', `${homedir()}/.config/openstack/clouds.yaml`, '/etc/openstack/clouds.yaml'];
  return chosen === undefined || chosen === '' ? usual : [chosen, ...usual];
}

/**
 * The clouds.yaml for one cloud of the user's own, as a function can use it: no other cloud in it, and the CA's
 * certificate itself in the place of its path.
 * @throws WrongUse when there is no such cloud
 */
export async function cloudsYamlFor(name: string): Promise<string> {
  const path = usualPlaces().find((place) => existsSync(place));
  if (path === undefined) throw new WrongUse(`No clouds.yaml was found in ${usualPlaces().join(', ')}.`);
  const clouds = parse(await readFile(path, 'utf8'))?.clouds ?? {};
  const cloud = clouds[name];
  if (cloud === undefined) {
    throw new WrongUse(`${path} has no cloud ${name}; it has: ${Object.keys(clouds).join(', ') || 'none'}.`);
  }
  return stringify({ clouds: { [name]: await withCertificate(cloud, path) } });
}

async function withCertificate(cloud: Record<string, unknown>, path: string): Promise<Record<string, unknown>> {
  const { cacert } = cloud;
  if (typeof cacert !== 'string' || cacert.includes('-----BEGIN')) return cloud;
  return { ...cloud, cacert: await readFile(resolve(dirname(path), cacert), 'utf8') };
}
