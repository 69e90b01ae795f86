import { expect } from '@jest/globals';
import { failure } from '../../support/outcome.ts';
import { created, DISK, hash, until, uploaded } from '../fixtures.ts';
import type { ContractCase, ServiceWorld } from '../service-world.ts';

const open = { importFilter: 'open' } as const;

/** Serves a body that never ends, so that an import is under way for as long as the case needs it. */
function serveEndlessly(world: ServiceWorld): { end(): void } {
  let end = () => {};
  world.source.serve((_request, response) => {
    response.writeHead(200, { 'content-length': DISK.length }).write(DISK.subarray(0, 1000));
    end = () => response.end(DISK.subarray(1000));
  });
  return { end: () => end() };
}

export const IMPORTING: readonly ContractCase[] = [
  {
    name: 'an import by web-download',
    service: '202; the image is importing, then active, with size and hashes',
    ours: 'route `import`; compared with what was read from the bucket',
    settings: open,
    async run(world) {
      const endpoint = world.endpoint();
      world.source.serve((_request, response) => response.end(DISK));
      const id = await created(endpoint);
      await endpoint.imports?.begin(id, `${world.source.url}?X-Amz-Signature=s`);
      const image = await until(endpoint, id, ['active']);
      expect(image).toMatchObject({ size: DISK.length, hashes: { sha512: hash('sha512', DISK) } });
      expect(await endpoint.imports?.failure(id)).toBeUndefined();
      expect((await world.storedBytes(id)).equals(DISK)).toBe(true);
    },
  },
  {
    name: 'an import from an address outside the filter',
    service: '400 at once, with the whole address in its words',
    ours: '`import-refused`, permanent; the signature of the address is cut out',
    async run(world) {
      const endpoint = world.endpoint();
      const id = await created(endpoint);
      const error = await failure(
        Promise.resolve(endpoint.imports?.begin(id, `${world.source.url}?X-Amz-Signature=s`)),
      );
      expect(error).toMatchObject({ code: 'import-refused', retryable: false });
      expect(error.message).not.toContain('X-Amz-Signature');
      expect(await endpoint.get(id)).toMatchObject({ status: 'queued' });
    },
  },
  {
    name: 'an import that cannot fetch: an address that is refused or has run out',
    service: 'the image is queued again, silently; its task says “Task failed due to Internal Error”',
    ours: '`import-failed`, and whether the address had run out; the next generation gets a new one',
    settings: open,
    async run(world) {
      const endpoint = world.endpoint();
      world.source.serve((_request, response) => response.writeHead(403).end('Request has expired'));
      const id = await created(endpoint);
      await endpoint.imports?.begin(id, world.source.url);
      await until(endpoint, id, ['queued']);
      expect(await failureOf(world, id)).toBe('Task failed due to Internal Error');
    },
  },
  {
    name: 'an import whose source breaks off',
    service: 'the same',
    ours: '`import-failed`, and the next generation',
    settings: open,
    async run(world) {
      const endpoint = world.endpoint();
      world.source.serve((_request, response) => {
        response
          .writeHead(200, { 'content-length': DISK.length })
          .write(DISK.subarray(0, 1000), () => response.destroy());
      });
      const id = await created(endpoint);
      await endpoint.imports?.begin(id, world.source.url);
      await until(endpoint, id, ['queued']);
      expect(await failureOf(world, id)).toBe('Task failed due to Internal Error');
    },
  },
  {
    name: 'an import while one is under way',
    service: '409',
    ours: 'a success: it is under way',
    settings: open,
    async run(world) {
      const endpoint = world.endpoint();
      const endless = serveEndlessly(world);
      const id = await created(endpoint);
      await endpoint.imports?.begin(id, world.source.url);
      await until(endpoint, id, ['importing']);
      await expect(endpoint.imports?.begin(id, world.source.url)).resolves.toBeUndefined();
      endless.end();
      await until(endpoint, id, ['active']);
    },
  },
  {
    name: 'an image that is deleted while it is imported',
    service: '204; the import ends without it',
    ours: 'how an import that never ends is given up',
    settings: open,
    async run(world) {
      const endpoint = world.endpoint();
      const endless = serveEndlessly(world);
      const id = await created(endpoint);
      await endpoint.imports?.begin(id, world.source.url);
      await until(endpoint, id, ['importing']);
      await endpoint.delete(id);
      expect(await endpoint.get(id)).toBeUndefined();
      endless.end();
    },
  },
  {
    name: 'an import to an active image',
    service: '409, the image stays as it is',
    ours: 'a success: the image is looked at, and found to be active',
    settings: open,
    async run(world) {
      const endpoint = world.endpoint();
      const id = await uploaded(endpoint);
      const before = await endpoint.get(id);
      await endpoint.imports?.begin(id, world.source.url);
      expect(await endpoint.get(id)).toEqual(before);
    },
  },
  {
    name: 'a service without web-download',
    service: 'does not list it in GET /v2/info/import, and answers 400 to it',
    ours: 'never chosen by `auto`; `route-not-offered` where the target is set to import',
    settings: { importMethods: ['copy-image'] },
    async run(world) {
      const importing = world.endpoint({ route: 'import' });
      const plan = importing.plan({ format: 'raw', virtualSize: 1 }, 1);
      const error = await failure(plan);
      expect(error).toMatchObject({ code: 'route-not-offered' });
      expect(error.message).toContain('copy-image');
      const id = await created(importing);
      const begun = Promise.resolve(importing.imports?.begin(id, world.source.url));
      expect(await failure(begun)).toMatchObject({ code: 'route-not-offered' });
    },
  },
];

/** The status of the image is set back a moment before its task is. */
async function failureOf(world: ServiceWorld, id: string): Promise<string | undefined> {
  for (let tries = 0; tries < 100; tries += 1) {
    const words = await world.endpoint().imports?.failure(id);
    if (words !== undefined) return words;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return undefined;
}
