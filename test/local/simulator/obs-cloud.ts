import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { type EmbeddedObs, startObs } from '../../../local/obs.ts';
import type { SimulatorOptions } from '../../../local/simulator/settings.ts';
import { serve } from '../../support/http-server.ts';
import { type ImageClient, type Reply, TestCloud } from './cloud.ts';

/** A simulator whose IMS reads from the embedded object storage. */
export class ObsCloud {
  readonly obs: EmbeddedObs;
  readonly #folder: string;
  readonly #s3: S3Client;
  readonly #clouds: TestCloud[] = [];

  private constructor(folder: string, obs: EmbeddedObs) {
    this.#folder = folder;
    this.obs = obs;
    const { endpoint, region, accessKeyId, secretAccessKey } = obs;
    this.#s3 = new S3Client({ endpoint, region, forcePathStyle: true, credentials: { accessKeyId, secretAccessKey } });
  }

  static async start(): Promise<ObsCloud> {
    const folder = await mkdtemp(path.join(tmpdir(), 'obs-'));
    return new ObsCloud(folder, await startObs({ folder }));
  }

  async cloud(options: Partial<SimulatorOptions> = {}): Promise<TestCloud> {
    const cloud = await TestCloud.start({ obs: this.obs, ...options });
    this.#clouds.push(cloud);
    return cloud;
  }

  /** @returns the image_url of the new object */
  async put(key: string, bytes: Buffer | string): Promise<string> {
    await this.#s3.send(new PutObjectCommand({ Bucket: this.obs.bucket, Key: key, Body: bytes }));
    return `${this.obs.bucket}:${key}`;
  }

  async stop(): Promise<void> {
    for (const cloud of this.#clouds) await cloud.stop();
    this.#s3.destroy();
    await this.obs.stop();
    await rm(this.#folder, { recursive: true });
  }
}

export function register(ims: ImageClient, imageId: string, imageUrl: unknown): Promise<Reply> {
  return ims.ask('PUT', `/v1/cloudimages/${imageId}/upload`, JSON.stringify({ image_url: imageUrl }));
}

export function importFast(ims: ImageClient, body: object): Promise<Reply> {
  return ims.ask('POST', '/v2/cloudimages/quickimport/action', JSON.stringify(body));
}

/** The job as the service shows it. */
export async function job(ims: ImageClient, id: string) {
  return (await ims.get(`/v1/cloudimages/job/${id}`)).json;
}

/** Waits, the clock standing still, until the work of a job has come somewhere. */
export async function untilJob(ims: ImageClient, id: string, is: (shown: Record<string, unknown>) => boolean) {
  for (let tries = 0; ; tries++) {
    const shown = await job(ims, id);
    if (is(shown)) return shown;
    if (tries === 12_000) throw new Error(`The job stays as it is: ${JSON.stringify(shown)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Moves the clock until the job is over. */
export function untilOver(cloud: TestCloud, ims: ImageClient, id: string) {
  cloud.advance(1000);
  return untilJob(ims, id, ({ status }) => status === 'SUCCESS' || status === 'FAIL');
}

/** Object storage with one object, which gives some bytes and then waits. It ends with the test. */
export async function slowObs(bytes: Buffer, atOnceBytes: number) {
  let goOn = () => {};
  const told = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const endpoint = await serve(async (request, response) => {
    const headers = { 'content-length': bytes.length, etag: '"etag"' };
    if (request.method === 'HEAD') return response.writeHead(200, headers).end();
    response.writeHead(206, headers);
    response.write(bytes.subarray(0, atOnceBytes));
    await told;
    return response.end(bytes.subarray(atOnceBytes));
  });
  return { obs: { endpoint, accessKeyId: 'AKIAOBS', secretAccessKey: 'secret' }, goOn };
}
