import { emptyAnswer } from '../answer.ts';
import type { ObjectCall, Operation } from '../call.ts';
import { deleteKey } from '../deletion.ts';
import { requestedVersion } from '../lookup.ts';

export const deleteObject: Operation<ObjectCall> = {
  // Which one it needs depends on the version; the deletion asks.
  actions: () => [],
  run: async (call) => {
    const { versionId, deleteMarker } = await deleteKey(call, {
      versionId: requestedVersion(call.request),
      ifMatch: call.request.header('if-match'),
    });
    return emptyAnswer(204, {
      ...(versionId === undefined ? {} : { 'x-amz-version-id': versionId }),
      ...(deleteMarker ? { 'x-amz-delete-marker': 'true' } : {}),
    });
  },
};
