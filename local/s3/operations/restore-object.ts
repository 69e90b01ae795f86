import { emptyAnswer } from '../answer.ts';
import { RequestBody } from '../body.ts';
import { announcement, type ObjectCall, type Operation } from '../call.ts';
import { S3Error } from '../errors.ts';
import { findObject, isArchived, requestedVersion } from '../lookup.ts';

const DAY_MS = 86_400_000;

/** RestoreObject of the S3 API. Nothing was moved to an archive, so that the restore is complete when it begins. */
export const restoreObject: Operation<ObjectCall> = {
  actions: () => ['s3:RestoreObject'],
  run: async (call) => {
    const { request, signer, service, bucket, key } = call;
    const days = /<Days>(\d+)<\/Days>/.exec(await new RequestBody(request, signer).text())?.[1];
    if (days === undefined) throw new S3Error('MalformedXML');
    return bucket.locks.run(key, async () => {
      const object = findObject(call, requestedVersion(request));
      if (!isArchived(object)) throw new S3Error('InvalidObjectState');
      const until = new Date(service.clock().getTime() + Number(days) * DAY_MS).toISOString();
      await announcement(call, 'ObjectRestore:Completed')(await bucket.restore(object, until));
      return emptyAnswer(202, {});
    });
  },
};
