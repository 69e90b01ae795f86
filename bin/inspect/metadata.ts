import { conformByTarget } from '../../lambda/endpoints/registry.ts';
import { chosenTargets, type TargetChoice } from '../../lambda/metadata/chosen-targets.ts';
import { conformToEndpoint, originsOf, valuesOf } from '../../lambda/metadata/origins.ts';
import { resolveMetadata } from '../../lambda/metadata/resolve.ts';
import type { MetadataFile } from '../../lambda/metadata/yaml-file.ts';
import { ALL_RIGHTS } from '../../lambda/model/dropper-rights.ts';
import type { FoundImage, UploadPlan } from '../../lambda/model/image.ts';
import type { ImageMetadata } from '../../lambda/model/metadata.ts';
import { newImage } from '../../lambda/model/new-image.ts';
import type { Target } from '../../lambda/model/target.ts';

/** The metadata that people have given for the inspected image. */
export interface SaidOfImage {
  readonly files: readonly MetadataFile[];
  /** `x-amz-meta-…` without that prefix. */
  readonly userMetadata: Readonly<Record<string, string>>;
}

/** One value that a target would be sent, by its name there. */
export interface SentValue {
  readonly name: string;
  readonly value: unknown;
  /** As in the record; docs/metadata.md. */
  readonly origin: string;
}

/** Where the image goes, as far as it says so itself: which targets the stack has is not known here. */
export const choiceOf = ({ userMetadata }: Pick<SaidOfImage, 'userMetadata'>): TargetChoice =>
  chosenTargets(userMetadata, undefined);

/** The metadata for all targets. @throws `bad-metadata` */
export function saidToAll(said: SaidOfImage): ImageMetadata {
  return resolveMetadata({ target: { name: '', metadata: {}, droppersMay: ALL_RIGHTS }, ...said }).metadata;
}

/**
 * The metadata that a drop of this key would be sent with, without the marks of our own, which only a drop has.
 * @throws `bad-metadata`, `invalid-request`
 */
export function sentTo(
  target: Target,
  { key, found, plan, said }: { key: string; found: FoundImage; plan: UploadPlan; said: SaidOfImage },
): readonly SentValue[] {
  const layer = resolveMetadata({ target, ...said });
  const drop = { bucket: '', key, id: '', etag: '', size: 0, droppedAt: '' };
  const wanted = newImage({ drop, target: target.name, generation: 1, found, plan, metadata: layer.metadata });
  const sent = conformToEndpoint((image) => conformByTarget(image, target), wanted, layer);
  const origins = originsOf(wanted, sent, { found, plan }, layer);
  return valuesOf(sent).flatMap(([name, value]) => {
    const { [name]: origin = '' } = origins;
    return origin === 'imagedrop' ? [] : [{ name: nameOutside(name), value, origin }];
  });
}

/** The name that the Image API and docs/metadata.md have for it: `min_disk`. */
function nameOutside(name: string): string {
  return name.startsWith('properties.') ? name : name.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);
}
