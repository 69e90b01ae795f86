import { createHash } from 'node:crypto';
import type { Drop } from './drop.ts';

/** Names our ids apart from everybody else's (RFC 9562 section 5.5: a name space is any UUID, chosen once). */
const NAME_SPACE = Buffer.from('b6c1f0a4d0e94d0c8d5c9a5b1f3e7a26', 'hex');

/**
 * The id under which a drop's image is created: the same for every event, message and retry, another for every
 * target, version and generation. UUID version 5 (RFC 9562 section 5.5).
 */
export function imageId(drop: Pick<Drop, 'bucket' | 'key' | 'id'>, target: string, generation: number): string {
  const name = JSON.stringify([target, drop.bucket, drop.key, drop.id, generation]);
  const hash = createHash('sha1').update(NAME_SPACE).update(name).digest().subarray(0, 16);
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  return hash.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
