import { layerAt, type MetadataLayer, mergeLayers } from '../model/metadata.ts';
import type { Target } from '../model/target.ts';
import { userLayer } from './user-metadata.ts';
import { fileLayer, type MetadataFile } from './yaml-file.ts';

/** What people have said of one image, in all the places. */
export interface Said {
  readonly target: Pick<Target, 'name' | 'metadata'>;
  /** From the top of the bucket down, the image's own last. */
  readonly files: readonly MetadataFile[];
  /** `x-amz-meta-…` without that prefix. */
  readonly userMetadata: Readonly<Record<string, string>>;
}

/**
 * All that is said of an image: what stands nearer to it wins.
 * @throws `bad-metadata` naming the place
 */
export function settleMetadata({ target, files, userMetadata }: Said): MetadataLayer {
  const byTarget = layerAt(`targets.${target.name}.metadata`, target.metadata);
  return mergeLayers(byTarget, ...files.map(fileLayer), userLayer(userMetadata));
}
