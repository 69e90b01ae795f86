import { pathText, problemIn } from '../../lambda/model/json-schema.ts';
import { FIELD_OF, type ImageMetadata, TARGET_FIELDS } from '../../lambda/model/metadata.ts';
import { METADATA_SCHEMA, type MetadataName } from '../../lambda/model/metadata-schema.ts';
import { deniedProperty } from '../../lambda/model/property-rules.ts';
import type { TargetKind } from '../../lambda/model/target.ts';
import { objectOf, SettingError } from './checks.ts';

/**
 * Holds the metadata of a target against the schema before deployment; whether the endpoint takes the values is found per
 * image.
 * @throws SettingError
 */
export function checkTargetMetadata(property: string, metadata: ImageMetadata, kind: TargetKind): ImageMetadata {
  const given = objectOf(property, metadata, TARGET_FIELDS);
  for (const [name, field] of Object.entries(FIELD_OF)) {
    const problem =
      given[field] === undefined
        ? undefined
        : problemIn(given[field], METADATA_SCHEMA.properties[name as MetadataName]);
    if (problem === undefined) continue;
    throw new SettingError(
      `${property}.${pathText([field, ...problem.path])}`,
      problem.value,
      `give ${problem.wanted}.`,
    );
  }
  if (kind === 'ims' && given.sharedWith !== undefined) {
    throw new SettingError(`${property}.sharedWith`, given.sharedWith, 'IMS takes private images only; leave it out.');
  }
  const { sharedWith = [], visibility = 'shared' } = metadata;
  if (sharedWith.length > 0 && visibility !== 'shared') {
    throw new SettingError(`${property}.visibility`, visibility, 'leave it out: an image with sharedWith is shared.');
  }
  requireTexts(`${property}.properties`, metadata.properties);
  requireHarmlessProperties(`${property}.properties`, metadata.properties);
  return metadata;
}

/** YAML spells numbers as they are written; TypeScript and JSON have lost that. */
function requireTexts(property: string, properties: ImageMetadata['properties'] = {}): void {
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value !== 'string') throw new SettingError(`${property}.${name}`, value, 'give text.');
  }
}

/** What would fail each drop later. */
function requireHarmlessProperties(property: string, properties: ImageMetadata['properties'] = {}): void {
  for (const [name, value] of Object.entries(properties)) {
    const rule = deniedProperty(name);
    if (rule !== undefined) throw new SettingError(`${property}.${name}`, value, `remove it, because it ${rule.why}.`);
  }
}
