import { join } from 'node:path';
import { Iam } from './access/iam.ts';
import { lockFolder } from './folder-lock.ts';
import { type SparseObject, startS3Server } from './s3/server.ts';
import { IMS_REGION } from './simulator/keystone.ts';
import { readState, startOnPort, writeState } from './state.ts';

export interface ObsOptions {
  /** Objects and keys are kept there; it is made when it is not there. */
  readonly folder: string;
  /** @default obs */
  readonly bucket?: string;
  /** @default that of the last start in this folder, or a free one where it is taken */
  readonly port?: number;
}

/** What a client of the bucket needs; the simulator takes it as its option `obs`. */
export interface ObsAccess {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface EmbeddedObs extends ObsAccess {
  /**
   * Puts an object of any size in no time, as if it had been uploaded.
   * @param object in the one bucket
   */
  putSparse(object: Omit<SparseObject, 'bucket'>): Promise<void>;
  stop(): Promise<void>;
}

const TENANT = 'obs';

/**
 * The object storage of another cloud: the S3 server of the stack once more, with one bucket and one access key that
 * reaches that bucket alone. It is independent, as Huawei's OBS is, so that its address and key are known before
 * the simulator and the stack start, which both need them; no key of the stack is known here, nor the other way
 * round.
 */
export async function startObs(options: ObsOptions): Promise<EmbeddedObs> {
  const { folder, bucket = 'obs' } = options;
  const state = await readState(folder);
  const unlock = lockFolder(folder);
  try {
    const iam = new Iam([tenant(bucket)], state.secret);
    const buckets = [{ name: bucket, versioned: false, notifications: [] }];
    const server = await startOnPort(options.port, state.ports.s3, (port) =>
      startS3Server({
        folder: join(folder, 'objects'),
        region: IMS_REGION,
        notify: () => undefined,
        access: iam,
        buckets,
        port,
      }),
    );
    await writeState(folder, { ...state, ports: { s3: Number(new URL(server.endpoint).port) } });
    return {
      endpoint: server.endpoint,
      region: IMS_REGION,
      bucket,
      ...keyOf(iam),
      putSparse: async (object) => {
        await server.putSparse({ ...object, bucket });
      },
      async stop() {
        await server.close();
        unlock();
      },
    };
  } catch (error) {
    unlock();
    throw error;
  }
}

/** The owner of the bucket, as a role of IAM would be worded. */
function tenant(bucket: string) {
  const arn = `arn:aws:s3:::${bucket}`;
  const Statement = [{ Effect: 'Allow', Action: 's3:*', Resource: [arn, `${arn}/*`] }];
  return {
    logicalId: TENANT,
    name: TENANT,
    arn: TENANT,
    policies: [{ document: { Statement }, where: 'the policy of OBS' }],
  };
}

function keyOf(iam: Iam) {
  const principal = iam.role(TENANT);
  if (principal === undefined) throw new Error('OBS has no tenant.');
  return { accessKeyId: principal.accessKeyId, secretAccessKey: principal.secretAccessKey };
}
