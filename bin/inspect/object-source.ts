import { s3Client } from '../../lambda/adapters/aws-clients.ts';
import { s3Objects } from '../../lambda/adapters/s3-objects.ts';
import { undiciHandler } from '../../lambda/adapters/undici-handler.ts';
import { isPlace } from '../../lambda/clouds/open-staging.ts';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { objectReader } from '../../lambda/steps/dropped-object.ts';
import { folderFiles, metadataFiles } from '../../lambda/steps/metadata-files.ts';
import { resumingSource } from '../../lambda/transfer/resuming-source.ts';
import { WrongUse } from '../terminal/exit-codes.ts';
import type { Source } from './source.ts';

/** Where the AWS SDK looks for S3; undefined: at Amazon. */
const s3Endpoint = () => process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL;

/** @throws WrongUse when there is no such object, or it cannot be read */
export async function objectSource(bucket: string, key: string): Promise<Source> {
  const client = s3Client(undiciHandler);
  const objects = s3Objects(client);
  try {
    const head = await objects.head(bucket, key);
    if (head === undefined) throw new WrongUse(`There is no object s3://${bucket}/${key}.`);
    const now = () => new Date();
    const deps = { objects, folderFiles: folderFiles(objects, now) };
    const files = await metadataFiles({ bucket, key }, now(), deps);
    const has = async (other: string) => (await objects.head(bucket, other)) !== undefined;
    return {
      fileName: key,
      place: ({ objectStorage }) => ({ key, isStaging: isPlace(objectStorage?.staging, bucket, s3Endpoint()), has }),
      reader: objectReader(objects, head),
      open: (offset, length) =>
        resumingSource((range, signal) => objects.open(head, range, signal), { offset, length }),
      key,
      said: { files, userMetadata: head.userMetadata },
      close: async () => client.destroy(),
    };
  } catch (error) {
    client.destroy();
    throw error instanceof ImageDropError ? new WrongUse(error.message, { cause: error }) : error;
  }
}
