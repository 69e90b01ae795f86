import { allowsProject, allowsProperty, DEFAULT_RIGHTS, type DropperRights } from '../model/dropper-rights.ts';
import { ImageDropError } from '../model/errors.ts';
import { pathText } from '../model/json-schema.ts';
import type { ImageMetadata, MetadataLayer } from '../model/metadata.ts';
import { deniedProperty, reservedProperty } from '../model/property-rules.ts';
import { quoted } from '../model/quoted.ts';
import type { Target } from '../model/target.ts';

/** The settings of a target that decide about metadata. */
export type MetadataTarget = Pick<Target, 'name' | 'metadata' | 'droppersMay' | 'versions'>;

/** Tags that begin so are marks of imagedrop: a fast import is found by one. */
const OUR_TAGS = 'imagedrop_';

const REMOVE = 'Remove it there, then run `imagedrop retry` for the image or drop it again.';

/**
 * Refuses properties that no setting allows.
 * @throws `bad-metadata` with the place, the reason and what to do
 */
export function requireHarmless({ metadata, origins }: MetadataLayer): void {
  for (const name of Object.keys(metadata.properties ?? {})) {
    const rule = deniedProperty(name);
    if (rule === undefined) continue;
    throw refused(
      placeOf(`properties.${name}`, origins),
      `${pathText(['properties', name])} is forbidden: it ${rule.why}`,
      REMOVE,
    );
  }
  const tag = metadata.tags?.find((one) => one.toLowerCase().startsWith(OUR_TAGS));
  if (tag === undefined) return;
  const words = `the tag ${quoted(tag)} is forbidden: imagedrop recognises its own images by tags that begin with ${OUR_TAGS}`;
  throw refused(placeOf('tags', origins), words, REMOVE);
}

/**
 * Refuses what the target does not let droppers choose. A value that the image has without them, by the target or by
 * default, is always allowed.
 * @throws `bad-metadata` with the place, the reason and what to do
 */
export function requirePermitted(layer: MetadataLayer, target: MetadataTarget): void {
  requireHarmless(layer);
  const rights = target.droppersMay ?? DEFAULT_RIGHTS;
  requireFields(layer, target, rights);
  requireProjects(layer, target, rights);
  for (const [name, value] of Object.entries(layer.metadata.properties ?? {})) {
    const rule = reservedProperty(name);
    if (rule === undefined || allowsProperty(rights, name) || target.metadata.properties?.[name] === value) continue;
    const words = `${pathText(['properties', name])} is reserved: it ${rule.why}`;
    throw notPermitted(
      placeOf(`properties.${name}`, layer.origins),
      words,
      target,
      `properties: [${JSON.stringify(name)}]`,
    );
  }
}

type Choice = 'visibility' | 'protected' | 'osHidden' | 'family';

const CHOICES = {
  visibility: { name: 'visibility', byDefault: 'private' },
  protected: { name: 'protected', byDefault: false },
  osHidden: { name: 'os_hidden', byDefault: false },
  family: { name: 'family', byDefault: undefined },
} as const satisfies Record<Choice, { name: string; byDefault: ImageMetadata[Choice] }>;

function requireFields({ metadata, origins }: MetadataLayer, target: MetadataTarget, rights: DropperRights): void {
  for (const [field, { name, byDefault }] of Object.entries(CHOICES) as [Choice, (typeof CHOICES)[Choice]][]) {
    const value = metadata[field];
    // Without versions it has no effect.
    if (field === 'family' && target.versions === undefined) continue;
    if (value === undefined || value === (target.metadata[field] ?? byDefault) || mayChoose(field, value, rights))
      continue;
    const words = `${name} ${quoted(value)} is for the operator of target ${target.name} to choose`;
    throw notPermitted(placeOf(field, origins), words, target, settingFor(field, value));
  }
}

function requireProjects({ metadata, origins }: MetadataLayer, target: MetadataTarget, rights: DropperRights): void {
  const own = target.metadata.sharedWith ?? [];
  const project = metadata.sharedWith?.find((each) => !own.includes(each) && !allowsProject(rights, each));
  if (project === undefined) return;
  const words = `shared_with ${quoted(project)} is for the operator of target ${target.name} to choose`;
  throw notPermitted(placeOf('sharedWith', origins), words, target, `sharedWith: [${JSON.stringify(project)}]`);
}

const RIGHT_OF = { protected: 'protected', osHidden: 'hidden', family: 'family' } as const;

function mayChoose(field: Choice, value: unknown, rights: DropperRights): boolean {
  if (field === 'visibility') return rights.visibility.includes(String(value));
  return rights[RIGHT_OF[field]];
}

function settingFor(field: Choice, value: unknown): string {
  if (field === 'visibility') return `visibility: [${JSON.stringify(value)}]`;
  return `${RIGHT_OF[field]}: true`;
}

function notPermitted(place: string, words: string, { name }: MetadataTarget, setting: string): ImageDropError {
  const nextStep = `Remove it there, or have the operator set targets.${name}.droppersMay to { ${setting} }; then run \`imagedrop retry\` for the image or drop it again.`;
  return refused(place, words, nextStep);
}

const placeOf = (name: string, origins: MetadataLayer['origins']): string => origins[name] ?? 'The metadata';

const refused = (place: string, words: string, nextStep: string): ImageDropError =>
  new ImageDropError('bad-metadata', `${place}: ${words}.`, { nextStep });
