import { describe, expect, test } from '@jest/globals';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { type DropRecord, RECORD_SCHEMA } from '../../lambda/model/record.ts';
import type { RecordDraft } from '../../lambda/model/record-changes.ts';
import * as changes from '../../lambda/model/record-changes.ts';
import { createMetadata } from '../../lambda/steps/create-metadata.ts';
import { recordStatus } from '../../lambda/steps/record-status.ts';
import { streamUpload } from '../../lambda/steps/stream-upload.ts';
import { rawDisk } from '../support/disk.ts';
import { patched } from '../support/images/patched.ts';
import { MemoryWorld } from '../support/memory-world.ts';

const interrupted = () => new ImageDropError('upload-interrupted', 'The connection was cut.');

async function created() {
  const world = new MemoryWorld();
  world.objects.put('a.img', rawDisk());
  await createMetadata(world.event('a.img'), world.invocation(), world);
  const id = world.record('a.img').image?.id ?? '';
  const message = { record: world.recordKey('a.img') };
  const upload = (name = 'upload-1') => streamUpload(message, world.invocation(name), world);
  return { world, id, message, upload };
}

describe('stream-upload', () => {
  test('sends the bytes and hands the record with its hashes to record-status', async () => {
    const { world, id, message, upload } = await created();
    await upload();
    expect(world.endpoint.images.get(id)?.bytes).toEqual(rawDisk());
    const record = world.record('a.img');
    expect(record).toMatchObject({
      status: 'processing',
      hashes: { sha512: world.endpoint.images.get(id)?.hashes.sha512 },
    });
    expect(record.lease).toBeUndefined();
    expect(record.history.map(({ status }) => status)).toEqual(['received', 'created', 'uploading', 'processing']);
    expect(world.statusQueue.sent).toEqual([{ ...message, delaySeconds: 0 }]);
  });

  test('a message that comes again after the upload uploads nothing', async () => {
    const { world, upload } = await created();
    await upload();
    await upload('upload-2');
    expect(world.endpoint.uploads).toBe(1);
    expect(world.statusQueue.sent).toHaveLength(2);
  });

  test('two deliveries at once upload once', async () => {
    const { world, upload } = await created();
    const results = await Promise.allSettled([upload('one'), upload('two')]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(world.endpoint.uploads).toBe(1);
  });

  test('an upload that was cut is tried again on the same image', async () => {
    const { world, id, upload } = await created();
    world.endpoint.faults.push({ call: 'upload', error: interrupted() });
    await expect(upload()).rejects.toMatchObject({ code: 'upload-interrupted' });
    expect(world.record('a.img')).toMatchObject({
      status: 'uploading',
      attempts: 1,
      error: { code: 'upload-interrupted' },
    });
    await upload('upload-2');
    expect(world.record('a.img')).toMatchObject({ status: 'processing', image: { id } });
  });

  test('finds the image active after a lost answer, reads the object for its hashes and uploads nothing more', async () => {
    const { world, upload } = await created();
    world.endpoint.faults.push({ call: 'upload', error: interrupted(), afterEffect: true });
    await expect(upload()).rejects.toThrow();
    await upload('upload-2');
    expect(world.endpoint.uploads).toBe(1);
    expect(world.record('a.img')).toMatchObject({ status: 'processing', hashes: { sha512: expect.any(String) } });
  });

  test('finds the image complete that its operator has deactivated meanwhile, and keeps it', async () => {
    const { world, id, upload } = await created();
    world.endpoint.faults.push({ call: 'upload', error: interrupted(), afterEffect: true });
    await expect(upload()).rejects.toThrow();
    world.endpoint.become(id, 'deactivated', rawDisk());
    await upload('upload-2');
    expect(world.record('a.img')).toMatchObject({ status: 'processing', image: { id }, hashes: expect.anything() });
    expect(world.record('a.img').unseen).toBeUndefined();
  });

  test.each([
    ['sends the bytes to an image made a moment ago without asking for it', 59, 0],
    ['asks for an image made a while ago before it sends the bytes', 61, 1],
  ])('%s', async (_, seconds, gets) => {
    const { world, upload } = await created();
    world.pass(seconds);
    await upload();
    expect(world.endpoint).toMatchObject({ gets, uploads: 1 });
    expect(world.record('a.img').status).toBe('processing');
  });

  test('begins again when the image is gone just after it was made', async () => {
    const { world, id, upload } = await created();
    await world.endpoint.delete(id);
    await expect(upload()).rejects.toMatchObject({ code: 'upload-interrupted' });
    await upload('upload-2');
    expect(world.ownQueue.sent).toEqual([{ record: world.recordKey('a.img'), delaySeconds: 20 }]);
    expect(world.record('a.img')).toMatchObject({ attempts: 1, error: { code: 'image-lost' } });
    world.pass(60);
    await upload('upload-3');
    expect(world.record('a.img')).toMatchObject({ status: 'received', generation: 2 });
  });

  test('waits for an image that is still being saved, then leaves it for the next generation', async () => {
    const { world, id, upload } = await created();
    world.endpoint.faults.push({ call: 'upload', error: interrupted() });
    await expect(upload()).rejects.toThrow();
    world.endpoint.become(id, 'saving');
    await upload('upload-2');
    expect(world.ownQueue.sent).toMatchObject([{ record: world.recordKey('a.img'), delaySeconds: 30 }]);
    expect(world.record('a.img')).toMatchObject({ attempts: 1, error: { code: 'upload-interrupted' } });
    world.pass(121);
    await upload('upload-3');
    expect(world.endpoint.images.has(id)).toBe(false);
    expect(world.record('a.img')).toMatchObject({ status: 'received', generation: 2 });
    expect(world.ingestQueue.sent).toHaveLength(1);
  });

  test('begins again when the image is gone', async () => {
    const { world, id, upload } = await created();
    await world.endpoint.delete(id);
    world.pass(61);
    await upload();
    expect(world.record('a.img')).toMatchObject({ status: 'created', error: { code: 'image-lost' } });
    world.pass(60);
    await upload('upload-1b');
    expect(world.record('a.img')).toMatchObject({ status: 'received', generation: 2 });
    await createMetadata(world.ingestQueue.sent[0], world.invocation('again'), world);
    await upload('upload-2');
    expect(world.record('a.img')).toMatchObject({ status: 'processing', generation: 2 });
  });

  test('settles as failed and removes the image when the endpoint refuses the content', async () => {
    const { world, id, upload } = await created();
    world.endpoint.faults.push({ call: 'upload', error: new ImageDropError('content-refused', 'No.') });
    await upload();
    expect(world.record('a.img')).toMatchObject({ status: 'failed', error: { code: 'content-refused' } });
    expect(world.endpoint.images.has(id)).toBe(false);
    expect(world.statusQueue.sent).toHaveLength(1);
  });

  test('says why Glance refuses the content where inspection has foreseen it', async () => {
    const world = new MemoryWorld();
    // A boot sector without partitions.
    world.objects.put('a.img', patched(Buffer.alloc(4096), { 0: [0xfa], 510: [0x55, 0xaa] }));
    await createMetadata(world.event('a.img'), world.invocation(), world);
    const { glanceRefusal } = world.record('a.img').found ?? {};
    world.endpoint.faults.push({
      call: 'upload',
      error: new ImageDropError('content-refused', 'Safety checks failed.'),
    });
    await streamUpload({ record: world.recordKey('a.img') }, world.invocation('upload-1'), world);
    expect(world.record('a.img').error).toMatchObject({
      code: 'content-refused',
      message: `Safety checks failed. ${glanceRefusal}`,
      nextStep: expect.stringContaining('qemu-img convert -O qcow2'),
    });
  });

  test('names the image that it could not remove', async () => {
    const { world, id, upload } = await created();
    world.endpoint.faults.push({ call: 'upload', error: new ImageDropError('content-refused', 'No.') });
    world.endpoint.faults.push({ call: 'delete', error: new ImageDropError('image-protected', 'It is protected.') });
    await upload();
    expect(world.record('a.img')).toMatchObject({ status: 'failed', error: { code: 'content-refused' } });
    expect(world.record('a.img').error?.message).toContain(`Its image ${id} is still there: It is protected.`);
  });

  test('names an image that it cannot remove now, and announces no outcome before it is gone', async () => {
    const { world, id, message, upload } = await created();
    const down = () => new ImageDropError('endpoint-unavailable', 'Down.');
    world.endpoint.faults.push({ call: 'upload', error: new ImageDropError('content-refused', 'No.') });
    world.endpoint.faults.push({ call: 'delete', error: down() }, { call: 'delete', error: down() });
    await upload();
    expect(world.record('a.img')).toMatchObject({
      status: 'failed',
      error: { message: 'No.' },
      removing: [{ generation: 1, imageId: id, reason: 'content-refused' }],
    });
    await expect(recordStatus(message, world.invocation(), world)).rejects.toMatchObject({ message: 'Down.' });
    expect(world.outcomes).toEqual([]);
    await recordStatus(message, world.invocation(), world);
    expect(world.outcomes).toMatchObject([{ status: 'failed' }]);
    expect(world.endpoint.images.has(id)).toBe(false);
    expect(world.record('a.img').removing).toBeUndefined();
  });

  test('a key that was written again before the upload began is superseded and its image removed', async () => {
    const { world, id, message, upload } = await created();
    world.objects.put('a.img', rawDisk(4096, 9));
    await upload();
    expect(world.records.stored.get(message.record)).toMatchObject({ status: 'superseded' });
    expect(world.endpoint.images.has(id)).toBe(false);
  });

  test('goes on with an upload that had begun when its key was written again', async () => {
    const { world, message, upload } = await created();
    world.endpoint.faults.push({ call: 'upload', error: interrupted() });
    await expect(upload()).rejects.toThrow();
    world.objects.put('a.img', rawDisk(4096, 9));
    await upload('upload-2');
    expect(world.records.stored.get(message.record)).toMatchObject({ status: 'processing' });
  });

  test('gives back the lease when its environment is asked to stop', async () => {
    const { world, message } = await created();
    const stopped = AbortSignal.abort(new ImageDropError('shutting-down', 'Told to stop.'));
    await expect(streamUpload(message, world.invocation('upload-1', stopped), world)).rejects.toMatchObject({
      code: 'shutting-down',
    });
    expect(world.record('a.img').lease).toBeUndefined();
  });

  test('passes on records that are not its own to work on', async () => {
    const { world, message } = await created();
    const stored = world.record('a.img');
    world.records.stored.set(message.record, { ...stored, status: 'received' });
    await streamUpload(message, world.invocation(), world);
    expect(world.ingestQueue.sent).toHaveLength(1);
    await expect(streamUpload({ record: 'none.json' }, world.invocation(), world)).rejects.toMatchObject({
      code: 'bad-message',
    });
  });

  test('says what is missing in a record that someone has cut short', async () => {
    const { world, message, upload } = await created();
    const { plan: _, ...rest } = world.record('a.img');
    world.records.stored.set(message.record, rest);
    await upload();
    expect(world.record('a.img')).toMatchObject({ status: 'failed', error: { code: 'bad-record' } });
  });
});

describe('a record of the next release', () => {
  test('goes through all steps of this one, which keep its schema and what they do not know', async () => {
    const world = new MemoryWorld();
    world.objects.put('a.img', rawDisk());
    await createMetadata(world.event('a.img'), world.invocation(), world);
    const key = world.recordKey('a.img');
    const next = { schema: RECORD_SCHEMA + 1, learnt: { later: true } };
    await world.records.change(key, (stored) => stored && ({ ...stored, ...next } as DropRecord));
    await streamUpload({ record: key }, world.invocation(), world);
    await recordStatus({ record: key }, world.invocation(), world);
    expect(world.record('a.img')).toMatchObject({ status: 'active', ...next });
  });

  test.each<[string, (record: DropRecord) => RecordDraft | undefined]>([
    ['begins again', (record) => changes.beginAgain(record, new Date(), 'image-lost')],
    ['is superseded', (record) => changes.supersede(record, 'v2', new Date())],
    ['fails', (record) => changes.fail(record, new ImageDropError('internal', 'No.'), new Date())],
    [
      'is retried',
      (record) => {
        const failed = changes.fail(record, new ImageDropError('internal', 'No.'), new Date());
        return changes.retry(failed, failed.history.at(-1)?.at ?? '', new Date());
      },
    ],
  ])('keeps them when it %s', async (_how, change) => {
    const world = new MemoryWorld();
    world.objects.put('a.img', rawDisk());
    await createMetadata(world.event('a.img'), world.invocation(), world);
    const next = { schema: RECORD_SCHEMA + 1, learnt: { later: true } };
    expect(change({ ...world.record('a.img'), ...next } as DropRecord)).toMatchObject(next);
  });
});
