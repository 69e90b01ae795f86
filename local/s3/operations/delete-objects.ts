import { xmlAnswer } from '../answer.ts';
import { RequestBody } from '../body.ts';
import type { BucketCall, Operation } from '../call.ts';
import { deleteKey } from '../deletion.ts';
import { notImplemented, S3Error } from '../errors.ts';
import { checkKeyLength } from '../request.ts';
import type { XmlElements } from '../xml.ts';
import { parseXml, type XmlNode } from '../xml-parser.ts';

/** DeleteObjects: "up to 1,000 keys". */
const MAX_KEYS = 1000;

/** Conditions that only directory buckets know. */
const DIRECTORY_CONDITIONS = ['LastModifiedTime', 'Size'];

export const deleteObjects: Operation<BucketCall> = {
  // Asked for each key; a refusal stands in the answer beside the keys that were deleted.
  actions: () => [],
  run: async (call) => {
    const document = parseXml(await new RequestBody(call.request, call.signer).text(), 'Delete');
    const objects = document.all('Object');
    if (objects.length === 0 || objects.length > MAX_KEYS) throw new S3Error('MalformedXML');
    const quiet = document.textOf('Quiet') === 'true';
    const Deleted: XmlElements[] = [];
    const failures: XmlElements[] = [];
    for (const object of objects) {
      const { deleted, failed } = await deleteOne(call, object);
      if (deleted !== undefined && !quiet) Deleted.push(deleted);
      if (failed !== undefined) failures.push(failed);
    }
    return xmlAnswer('DeleteResult', { Deleted, Error: failures });
  },
};

async function deleteOne(call: BucketCall, object: XmlNode): Promise<{ deleted?: XmlElements; failed?: XmlElements }> {
  const Key = object.requiredTextOf('Key');
  const requested = object.textOf('VersionId') || undefined;
  try {
    checkKeyLength(Key);
    const condition = DIRECTORY_CONDITIONS.find((name) => object.textOf(name) !== undefined);
    if (condition !== undefined) throw notImplemented(`The element ${condition} of DeleteObjects`);
    const request = { versionId: requested, ifMatch: object.textOf('ETag') };
    const { versionId, deleteMarker } = await deleteKey({ ...call, key: Key }, request);
    const marker = deleteMarker ? { DeleteMarker: true, DeleteMarkerVersionId: versionId } : {};
    return { deleted: { Key, VersionId: requested, ...marker } };
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    return { failed: { Key, VersionId: requested, Code: error.code, Message: error.message } };
  }
}
