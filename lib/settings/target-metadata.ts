import type { ImageMetadata } from '../../lambda/model/metadata.ts';
import { objectOf } from './checks.ts';
import { SettingError } from './setting-error.ts';

const TYPES = {
  name: 'a string',
  diskFormat: 'a string',
  minDisk: 'a number',
  minRam: 'a number',
  visibility: 'a string',
  protected: 'true or false',
  tags: 'a list of strings',
  osVersion: 'a string',
  properties: 'an object of strings',
} as const satisfies Record<keyof ImageMetadata, string>;

type TypeName = (typeof TYPES)[keyof typeof TYPES];

const isString = (value: unknown): boolean => typeof value === 'string';

const IS: Readonly<Record<TypeName, (value: unknown) => boolean>> = {
  'a string': isString,
  'a number': (value) => Number.isSafeInteger(value),
  'true or false': (value) => typeof value === 'boolean',
  'a list of strings': (value) => Array.isArray(value) && value.every(isString),
  'an object of strings': (value) =>
    typeof value === 'object' && value !== null && Object.values(value).every(isString),
};

/**
 * Finds misspelt names and wrong types before deployment; whether the endpoint takes the values is found per image.
 * @throws SettingError
 */
export function checkTargetMetadata(property: string, metadata: ImageMetadata): ImageMetadata {
  const given = objectOf(property, metadata, Object.keys(TYPES));
  for (const [name, type] of Object.entries(TYPES)) {
    const value = given[name];
    if (value !== undefined && !IS[type](value)) throw new SettingError(`${property}.${name}`, value, `give ${type}.`);
  }
  return metadata;
}
