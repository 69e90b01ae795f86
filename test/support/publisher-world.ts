import type { Target } from '../../lambda/model/target.ts';
import { createMetadata } from '../../lambda/steps/create-metadata.ts';
import { recordStatus } from '../../lambda/steps/record-status.ts';
import { streamUpload } from '../../lambda/steps/stream-upload.ts';
import { unpackImage } from '../../lambda/steps/unpack-image.ts';
import { MemoryWorld, target } from './memory-world.ts';

const KEY = 'linux/a.img';

/** A world with objects at some keys, and its functions. */
export function worldOf(objects: Readonly<Record<string, Buffer>>, settings: Partial<Target> = {}) {
  const world = new MemoryWorld();
  world.targets = [{ ...target('here'), ...settings }];
  for (const [key, bytes] of Object.entries(objects)) world.objects.put(key, bytes);
  let calls = 0;
  const call = (signal?: AbortSignal) => world.invocation(`call-${++calls}`, signal);
  const run = {
    world,
    record: (key = KEY) => world.record(key),
    event: (key = KEY) => createMetadata(world.event(key), call(), world),
    message: (key = KEY) => ({ record: world.recordKey(key) }),
    resume: (key = KEY) => createMetadata(run.message(key), call(), world),
    unpack: (key = KEY) => unpackImage(run.message(key), call(), world),
    upload: (key = KEY, signal?: AbortSignal) => streamUpload(run.message(key), call(signal), world),
    settle: (key = KEY) => recordStatus(run.message(key), call(), world),
    /** All steps that a drop needs, each as often as it is needed. */
    async process(key = KEY) {
      await run.event(key);
      const steps = { received: run.resume, unpacking: run.unpack, created: run.upload, processing: run.settle };
      for (let left = 10; left > 0; left -= 1) {
        const step = Object.entries(steps).find(([status]) => status === world.record(key).status)?.[1];
        if (step === undefined) break;
        await step(key);
      }
      await run.settle(key);
      return world.record(key);
    },
  };
  return run;
}
