import { isDeepStrictEqual } from 'node:util';
import { ID_PROPERTY } from '../../lambda/model/image.ts';
import type { DropRecord } from '../../lambda/model/record.ts';
import type { ChaosTarget, CloudImage } from './chaos-cloud.ts';

/** By its property, or by its tag after a fast import. */
export function isMarkedFor(image: CloudImage, marks: ReadonlySet<string>): boolean {
  if (marks.has(image[ID_PROPERTY] ?? '')) return true;
  return (image.tags ?? []).some((tag) => tag.startsWith(`${ID_PROPERTY}=`) && marks.has(tag.split('=')[1] ?? ''));
}

/** Where an active image is not what its record says was sent. */
export function disagreements(image: CloudImage, { sent }: DropRecord, { kind, route }: ChaosTarget): string[] {
  if (sent === undefined) return ['its record does not say what was sent'];
  // A fast import takes name and tags alone, and IMS shows fields of its own besides.
  const fields: readonly (readonly [string, unknown])[] = [
    ['name', sent.name],
    ...(route === 'fast-import' ? [] : [...Object.entries(sent.properties), ['protected', sent.protected] as const]),
    ...(kind === 'ims'
      ? []
      : ([
          ['disk_format', sent.diskFormat],
          ['min_disk', sent.minDisk],
          ['min_ram', sent.minRam],
          ['visibility', sent.visibility],
          ['os_hidden', sent.osHidden ?? false],
        ] as const)),
  ];
  return fields
    .filter(([name, value]) => !isDeepStrictEqual(image[name], value))
    .map(([name, value]) => `${name} is ${JSON.stringify(image[name])}, and ${JSON.stringify(value)} was sent`);
}
