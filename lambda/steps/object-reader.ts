import { buffer } from 'node:stream/consumers';
import type { RangeReader } from '../formats/reader.ts';
import type { ObjectHead, ObjectStore } from './ports.ts';

/** Random access to one object, every read pinned to its version and etag. */
export function objectReader(objects: ObjectStore, object: ObjectHead): RangeReader {
  return {
    size: object.size,
    async read(offset, length) {
      if (offset < 0 || length < 0 || offset + length > object.size) {
        throw new RangeError(`${length} bytes from ${offset} are not inside ${object.size} bytes`);
      }
      return length === 0 ? Buffer.alloc(0) : buffer(await objects.open(object, { offset, length }));
    },
  };
}
