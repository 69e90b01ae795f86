import { buffer } from 'node:stream/consumers';
import type { RangeReader } from '../formats/reader.ts';
import { type OpenRange, resumingSource } from '../transfer/resuming-source.ts';
import type { ObjectHead, ObjectStore } from './ports.ts';

/**
 * Random access to one object, every read pinned to its version and etag.
 * Fails with `object-gone` or `object-changed`, and with `source-unreadable` when it breaks again and again.
 */
export function objectReader(objects: ObjectStore, object: ObjectHead): RangeReader {
  const open: OpenRange = (range, signal) => objects.open(object, range, signal);
  return {
    size: object.size,
    async read(offset, length) {
      if (offset < 0 || length < 0 || offset + length > object.size) {
        throw new RangeError(`${length} bytes from ${offset} are not inside ${object.size} bytes`);
      }
      return buffer(resumingSource(open, { offset, length }));
    },
  };
}
