import { expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { settings } from '../../../lib/bundling/settings.ts';
import type { EntryPoint } from '../../../lib/entry-points.ts';

/** Adapters of what only some functions do. */
const FOR_SOME = /^lambda\/adapters\/(s3-(?:presign|staging|tags))\.ts$/;

async function forSomeIn(entryPoint: EntryPoint): Promise<readonly string[]> {
  const { metafile } = await build({ ...settings(entryPoint, 'none'), write: false, metafile: true });
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  const used = inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  return used.flatMap(([path]) => FOR_SOME.exec(path)?.[1] ?? []).toSorted();
}

test.each([
  ['create-metadata', []],
  ['stream-upload', ['s3-presign', 's3-staging']],
  ['record-status', ['s3-staging', 's3-tags']],
  ['reconcile', []],
] as const)('%s brings along what it does itself of what only some do: %j', async (entryPoint, expected) => {
  expect(await forSomeIn(entryPoint)).toEqual(expected);
});
