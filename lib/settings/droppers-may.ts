import { ALL_RIGHTS, DEFAULT_RIGHTS, type DropperRights } from '../../lambda/model/dropper-rights.ts';
import { deniedProperty } from '../../lambda/model/property-rules.ts';
import { objectOf, SettingError } from './checks.ts';

/**
 * What droppers may choose at a target, every default filled in.
 * @throws SettingError
 */
export function droppersMayOf(property: string, given: Partial<DropperRights>): DropperRights {
  objectOf(property, given, Object.keys(DEFAULT_RIGHTS));
  const rights = { ...DEFAULT_RIGHTS, ...given };
  requireTexts(`${property}.visibility`, rights.visibility, ALL_RIGHTS.visibility);
  requireTexts(`${property}.properties`, rights.properties);
  requireTexts(`${property}.sharedWith`, rights.sharedWith);
  for (const name of ['protected', 'hidden', 'family'] as const) {
    if (typeof rights[name] !== 'boolean')
      throw new SettingError(`${property}.${name}`, rights[name], 'give true or false.');
  }
  for (const name of rights.properties) {
    const rule = deniedProperty(name);
    if (rule === undefined) continue;
    throw new SettingError(`${property}.properties`, name, `no setting allows it, because it ${rule.why}.`);
  }
  return rights;
}

function requireTexts(property: string, value: unknown, known?: readonly string[]): void {
  const isList = Array.isArray(value) && value.every((one) => typeof one === 'string' && one !== '');
  if (isList && value.every((one) => known?.includes(one) ?? true)) return;
  throw new SettingError(
    property,
    value,
    known === undefined ? 'give a list of names.' : `give a list of ${known.join(', ')}.`,
  );
}
