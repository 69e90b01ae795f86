import { emptyAnswer } from '../answer.ts';
import type { ObjectCall, Operation } from '../call.ts';

export const abortMultipartUpload: Operation<ObjectCall> = {
  actions: () => ['s3:AbortMultipartUpload'],
  run: ({ bucket, key, request }) =>
    bucket.locks.run(key, async () => {
      const upload = bucket.uploads.find(request.parameter('uploadId') ?? '', key);
      await bucket.uploads.remove(upload);
      await bucket.blobs.remove([...upload.parts.values()]);
      return emptyAnswer(204);
    }),
};
