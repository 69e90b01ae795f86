import { callerOf } from './authentication.ts';
import { importFast } from './fast-import.ts';
import type { Caller, Flavour, ImageContext, MishapOf, Verdict } from './flavour.ts';
import { glanceRefusal } from './glance-fault.ts';
import { type Answer, type Call, type Fault, type JsonObject, json } from './http.ts';
import { commonView, type NewImage, type StoredImage } from './image.ts';
import type { ByteLimit } from './image-file.ts';
import type { LiveImages } from './image-store.ts';
import { checkMetadata, checkProject, flawOf } from './ims-creation.ts';
import { ImsJobs } from './ims-jobs.ts';
import type { ImsSettings } from './ims-settings.ts';
import { refusal } from './ims-settings.ts';
import type { JobStore } from './job.ts';
import { checkNewImage } from './new-image.ts';
import { ObsClient, type ObsSettings } from './obs-client.ts';
import { PlannedFaults } from './planned-faults.ts';
import { registerFile } from './registration.ts';
import { type Route, route } from './router.ts';
import { imageProperties, type Properties, schemas } from './schema.ts';

/**
 * Huawei Cloud Image Management Service: its native Image API v2, registering files from object storage, fast import,
 * jobs and quota; see the vendor's API reference.
 */
export class Ims implements Flavour {
  readonly basePath = '/ims';
  readonly properties: Properties;
  readonly schemas: ReadonlyMap<string, JsonObject>;
  readonly createdHeaders = {};
  readonly checksum: boolean;
  readonly hashAlgorithm = 'none';
  readonly activationDelayMs: number;
  readonly mishap: MishapOf;
  readonly #settings: ImsSettings;
  readonly #obs: ObsClient | undefined;
  readonly #faults: PlannedFaults;
  readonly #jobs: ImsJobs;

  constructor(settings: ImsSettings, store: JobStore, obs: ObsSettings | undefined) {
    this.properties = imageProperties(settings.diskFormats);
    this.schemas = schemas(this.properties, { sharing: false });
    this.checksum = settings.checksum;
    this.activationDelayMs = settings.activationDelayMs;
    this.mishap = settings.mishap ?? (() => undefined);
    this.#settings = settings;
    this.#obs = obs && new ObsClient(obs);
    this.#faults = new PlannedFaults(settings.faults);
    this.#jobs = new ImsJobs({ store, settings, obs: this.#obs, faults: this.#faults });
  }

  meet(call: Call): void {
    this.#faults.meet(call);
  }

  /** Goes on with the jobs that were under way when the simulator ended. */
  resume(context: ImageContext): void {
    this.#jobs.resume(context);
  }

  close(): Promise<void> {
    return this.#jobs.close();
  }

  /** The documentation knows no `id` in the request: one that is sent has no effect. */
  create(body: JsonObject, caller: Caller, live: LiveImages): NewImage {
    const { id: _, ...asked } = body;
    const whole = {
      disk_format: this.#settings.defaultDiskFormat,
      container_format: 'bare',
      visibility: 'private',
      __os_version: 'Other Linux(64 bit)',
      ...asked,
    };
    checkMetadata(whole, this.#settings);
    const owned = live().filter(({ owner }) => owner === caller.projectId);
    checkProject(body.name, owned, this.#settings);
    return checkNewImage(whole, this.properties);
  }

  /** Its rule for names aside, nothing is known of it. */
  admitText(): void {}

  /** It has no stores that a client could name. */
  admitStore(): void {}

  view(image: StoredImage): JsonObject {
    return {
      virtual_env_type: 'FusionCompute',
      ...operatingSystem(image.properties.__os_version ?? ''),
      ...commonView(image),
      size: null, // documented as unused, like virtual_size
      virtual_size: null,
      __image_size: image.size === null ? '' : String(image.size),
      __imagetype: 'private',
      __image_source_type: 'uds',
      __isregistered: 'true',
      ...(this.checksum ? { checksum: image.checksum } : {}),
    };
  }

  admitSize(declaredBytes: number | undefined): void {
    if (declaredBytes === 0) throw refusal('IMG.0057', 'The image file is empty.');
    if (declaredBytes !== undefined && declaredBytes > this.#settings.maxPutBytes) throw this.#tooLarge();
  }

  admitUpload(): ByteLimit[] {
    return [{ maxBytes: this.#settings.maxPutBytes, fault: this.#tooLarge() }];
  }

  #tooLarge(): Fault {
    return refusal('IMG.0059', `The image file is larger than ${this.#settings.maxPutBytes} bytes.`);
  }

  async judge(_image: StoredImage, path: string): Promise<Verdict> {
    const flaw = await flawOf(path, this.#settings.diskFormats);
    if (flaw === undefined) return { status: 'active' };
    if (flaw.kind === 'broken') return { status: 'killed' };
    // A PUT is refused with one code for all of them.
    return { status: flaw.kind === 'empty' ? 'queued' : 'killed', fault: refusal('IMG.0057', flaw.message) };
  }

  refuse(fault: Fault, call: Call): Answer {
    if (fault.status === 401) {
      const message = 'Incorrect IAM authentication information: decrypt token fail';
      return json(401, { error_msg: message, error_code: 'APIGW.0301' });
    }
    if (fault.code?.startsWith('APIGW'))
      return json(fault.status, { error_msg: fault.message, error_code: fault.code });
    if (fault.code !== undefined) return json(fault.status, { error: { code: fault.code, message: fault.message } });
    return glanceRefusal(fault, call);
  }

  routes(context: ImageContext): Route[] {
    const parts = { jobs: this.#jobs, settings: this.#settings, obs: this.#obs };
    return [
      route('GET', '/v1/cloudimages/quota', (call) => this.#quota(context, call)),
      route('PUT', '/v1/cloudimages/:id/upload', (call) => registerFile(parts, context, call)),
      route('POST', '/v2/cloudimages/quickimport/action', (call) => importFast(parts, context, call)),
      ...this.#jobs.routes(context),
    ];
  }

  #quota(context: ImageContext, call: Call): Answer {
    const { projectId } = callerOf(context, call);
    const used = context.store.live().filter(({ owner }) => owner === projectId).length;
    const quota = this.#settings.imageQuota;
    return json(200, { quotas: { resources: [{ type: 'image', used, quota, min: 0, max: quota }] } });
  }
}

/** "Ubuntu 14.04 server 64bit" is Linux, Ubuntu, 64. */
function operatingSystem(version: string) {
  const platform = /^\S+/.exec(version)?.[0] ?? 'Other';
  return {
    __os_type: platform === 'Windows' ? 'Windows' : 'Linux',
    __platform: platform,
    __os_bit: /32 ?bit/.test(version) ? '32' : '64',
  };
}
