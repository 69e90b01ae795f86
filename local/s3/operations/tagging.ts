import { type Answer, emptyAnswer, xmlAnswer } from '../answer.ts';
import { RequestBody } from '../body.ts';
import { type ObjectCall, type Operation, versionHeader } from '../call.ts';
import { actionByVersion, findObject, requestedVersion } from '../lookup.ts';
import { tagsOfDocument } from '../tags.ts';
import type { Tag } from '../version.ts';

export const getObjectTagging: Operation<ObjectCall> = {
  actions: actionByVersion('s3:GetObjectTagging', 's3:GetObjectVersionTagging'),
  run: (call) => {
    const object = findObject(call, requestedVersion(call.request));
    const tags = object.tags.map(({ key, value }) => ({ Key: key, Value: value }));
    return xmlAnswer('Tagging', { TagSet: { Tag: tags } }, versionHeader(call.bucket, object));
  },
};

export const putObjectTagging: Operation<ObjectCall> = {
  actions: actionByVersion('s3:PutObjectTagging', 's3:PutObjectVersionTagging'),
  run: async (call) => {
    const tags = tagsOfDocument(await new RequestBody(call.request, call.signer).text());
    return replaceTags(call, tags, 200);
  },
};

export const deleteObjectTagging: Operation<ObjectCall> = {
  actions: actionByVersion('s3:DeleteObjectTagging', 's3:DeleteObjectVersionTagging'),
  run: (call) => replaceTags(call, [], 204),
};

function replaceTags(call: ObjectCall, tags: readonly Tag[], status: number): Promise<Answer> {
  const { bucket, key, request } = call;
  return bucket.locks.run(key, async () => {
    const object = findObject(call, requestedVersion(request));
    await bucket.retag(object, tags);
    return emptyAnswer(status, versionHeader(bucket, object));
  });
}
