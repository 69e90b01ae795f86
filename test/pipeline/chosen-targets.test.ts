import { setTimeout as pause } from 'node:timers/promises';
import { CopyObjectCommand, DeleteObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { recordKey } from '../../lambda/model/drop.ts';
import type { ReconcileReport } from '../../lambda/steps/reconcile/reconcile.ts';
import { rawDisk } from '../support/disk.ts';
import { Pipeline } from './pipeline.ts';

/** Two clouds by their names, and one project behind both. */
const [ONE, OTHER] = ['simulator', 'simulator-application-credential'];
const LOST_AFTER_SECONDS = 10;

let pipeline: Pipeline;
beforeAll(async () => {
  const targets = { [ONE]: { kind: 'glance' }, [OTHER]: { kind: 'glance' } };
  pipeline = await Pipeline.start({ targets, reconcile: { lostAfterSeconds: LOST_AFTER_SECONDS } });
  await pipeline.reconciledOnce();
});
afterAll(() => pipeline?.stop());

async function imagesNamed(name: string): Promise<number> {
  return (await pipeline.images()).filter((image) => image.name === name).length;
}

async function reconcile(): Promise<ReconcileReport> {
  const outcome = await pipeline.stack.invoke(pipeline.output('ReconcileFunctionName'), {});
  if (!outcome.ok) throw new Error(outcome.error.errorMessage);
  return outcome.result as ReconcileReport;
}

describe('a drop that names one of two targets', () => {
  test('becomes an image there, and nothing at the other', async () => {
    const dropped = await pipeline.drop('one.img', rawDisk(), { targets: OTHER });
    const record = await pipeline.settled(dropped, OTHER);
    expect(record).toMatchObject({ status: 'active', drop: { targets: [OTHER] } });
    await pipeline.idle();
    expect(await pipeline.record(dropped, ONE)).toBeUndefined();
    expect(await imagesNamed('one')).toBe(1);
    expect(await pipeline.tags(dropped)).toEqual({ [`imagedrop:${OTHER}`]: `active ${record.image?.id}` });
  });

  test('goes to the other as a drop of its own, when its object is copied onto itself', async () => {
    const first = await pipeline.drop('copied.img', rawDisk(), { targets: ONE });
    await pipeline.settled(first, ONE);
    const { VersionId: versionId = '' } = await pipeline.s3.send(
      new CopyObjectCommand({
        Bucket: pipeline.dropBucket,
        Key: first.key,
        CopySource: `${pipeline.dropBucket}/${first.key}`,
        MetadataDirective: 'REPLACE',
        Metadata: { targets: OTHER },
      }),
    );
    expect(versionId).not.toBe(first.versionId);
    const second = { key: first.key, versionId };
    expect(await pipeline.settled(second, OTHER)).toMatchObject({ status: 'active', drop: { targets: [OTHER] } });
    await pipeline.idle();
    expect(await pipeline.record(second, ONE)).toBeUndefined();
    expect(await pipeline.record(first, OTHER)).toBeUndefined();
    expect(await imagesNamed('copied')).toBe(2);
  });

  test('is processed there alone when its event was lost', async () => {
    const dropped = await pipeline.drop('lost.img', rawDisk(), { targets: OTHER });
    await pipeline.settled(dropped, OTHER);
    const Key = recordKey({ key: dropped.key, id: dropped.versionId }, OTHER);
    await pipeline.s3.send(new DeleteObjectCommand({ Bucket: pipeline.output('StatusBucketName'), Key }));
    const findings: string[] = [];
    while (findings.length === 0) {
      findings.push(...(await reconcile()).run.findings.map(({ kind, why }) => `${kind}: ${why}`));
      await pause(500);
    }
    expect(findings).toEqual([expect.stringMatching(`^taken-up: .+ has no record at ${OTHER}\\.$`)]);
    expect(await pipeline.settled(dropped, OTHER)).toMatchObject({ status: 'active' });
    await pipeline.idle();
    expect(await pipeline.record(dropped, ONE)).toBeUndefined();
    // A whole look at all that was dropped here, well after all of it.
    await pause(LOST_AFTER_SECONDS * 1000);
    const { ok, ...outcome } = await pipeline.stack.invoke(pipeline.output('ReconcileFunctionName'), { dryRun: true });
    expect(outcome).toMatchObject({ result: { run: { findings: [] } } });
    expect(ok).toBe(true);
  });
});

test.each([
  [`${ONE},nowhere`, 'names "nowhere", which is not a target of this stack'],
  ['=?UTF-8?Q?Gr=C3=B6=C3=9Fe?=', 'has letters beyond ASCII'],
])('a drop for %j fails at every target, with the names that there are', async (targets, problem) => {
  const dropped = await pipeline.drop('nowhere.img', rawDisk(), { targets });
  for (const target of [ONE, OTHER]) {
    const message = `x-amz-meta-targets ${problem}; there is ${ONE}, ${OTHER}.`;
    expect(await pipeline.settled(dropped, target)).toMatchObject({
      status: 'failed',
      error: { code: 'bad-metadata', message },
    });
  }
  expect(await imagesNamed('nowhere')).toBe(0);
});
