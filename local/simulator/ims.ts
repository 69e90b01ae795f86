import { callerOf } from './callers.ts';
import { foreignFormat, inspectContent } from './content.ts';
import type { Caller, Flavour, ImageContext, Verdict } from './flavour.ts';
import { glanceRefusal } from './glance-fault.ts';
import { type Answer, type Call, Fault, type JsonObject, json } from './http.ts';
import { isoSeconds, type NewImage, type StoredImage } from './image.ts';
import type { ByteLimit } from './image-file.ts';
import { checkNewImage } from './new-image.ts';
import { type Route, route } from './router.ts';
import { imageProperties, type Properties } from './schema.ts';
import type { ImsSettings, MishapOf } from './settings.ts';

/** Letters, digits, Chinese characters, `-._` and space, 1 to 128, with no space at either end (IMG.0002). */
const NAME = /^(?! )[A-Za-z0-9\u4e00-\u9fff\-._ ]{1,128}(?<! )$/;

/** Huawei Cloud Image Management Service, its native Image API v2; see the vendor's API reference. */
export class Ims implements Flavour {
  readonly basePath = '/ims';
  readonly properties: Properties;
  readonly createdHeaders = {};
  readonly checksum: boolean;
  readonly hashAlgorithm = 'none';
  readonly activationDelayMs: number;
  readonly mishap: MishapOf;
  readonly #settings: ImsSettings;

  constructor(settings: ImsSettings) {
    this.properties = imageProperties(settings.diskFormats);
    this.checksum = settings.checksum;
    this.activationDelayMs = settings.activationDelayMs;
    this.mishap = settings.mishap ?? (() => undefined);
    this.#settings = settings;
  }

  /** The documentation knows no `id` in the request: one that is sent has no effect. */
  create(body: JsonObject, caller: Caller, live: readonly StoredImage[]): NewImage {
    const { id: _, ...asked } = body;
    const whole = {
      disk_format: this.#settings.defaultDiskFormat,
      container_format: 'bare',
      visibility: 'private',
      __os_version: 'Other Linux(64 bit)',
      ...asked,
    };
    this.#checkValues(whole);
    this.#checkProject(
      whole,
      live.filter(({ owner }) => owner === caller.projectId),
    );
    return checkNewImage(whole, this.properties);
  }

  /** Its rule for names aside, nothing is known of it. */
  admitText(): void {}

  #checkValues(body: JsonObject): void {
    if (typeof body.name !== 'string' || !NAME.test(body.name)) throw refusal('IMG.0002', 'The image name is invalid.');
    if (!this.#settings.diskFormats.includes(String(body.disk_format))) {
      throw refusal('IMG.0072', `The image format ${body.disk_format} is not supported.`);
    }
    if (!this.#sane(body)) throw refusal('IMG.0055', 'The memory or disk size of the image is invalid.');
    if (body.visibility !== 'private') throw new Fault(403, `The visibility ${body.visibility} is not permitted.`);
    const tags = Array.isArray(body.tags) ? body.tags : [];
    const odd = tags.find((tag) => !/^[^=]+=.*$/s.test(tag));
    if (odd !== undefined) throw new Fault(400, `The tag '${odd}' is not of the form key=value.`);
  }

  /** 0, the default, says nothing of the disk. */
  #sane({ min_disk: disk = 0, min_ram: ram = 0 }: JsonObject): boolean {
    const { lowest, highest } = this.#settings.minDisk;
    return Number(ram) >= 0 && (disk === 0 || (Number(disk) >= lowest && Number(disk) <= highest));
  }

  #checkProject(body: JsonObject, owned: readonly StoredImage[]): void {
    if (owned.length >= this.#settings.imageQuota) throw refusal('IMG.0015', 'The image quota has been reached.');
    if (this.#settings.uniqueNames && owned.some(({ name }) => name === body.name)) {
      throw refusal('IMG.0009', `The image name ${body.name} already exists.`);
    }
  }

  view(image: StoredImage): JsonObject {
    const self = `/v2/images/${image.id}`;
    return {
      ...image.properties,
      ...operatingSystem(image.properties.__os_version ?? ''),
      id: image.id,
      name: image.name,
      status: image.status,
      disk_format: image.diskFormat,
      container_format: image.containerFormat,
      visibility: image.visibility,
      protected: image.protected,
      min_disk: image.minDisk,
      min_ram: image.minRam,
      owner: image.owner,
      tags: image.tags,
      size: null, // documented as unused, like virtual_size
      virtual_size: null,
      __image_size: image.size === null ? '' : String(image.size),
      __imagetype: 'private',
      __image_source_type: 'uds',
      __isregistered: 'true',
      virtual_env_type: 'FusionCompute',
      ...(this.checksum ? { checksum: image.checksum } : {}),
      created_at: isoSeconds(image.createdAt),
      updated_at: isoSeconds(image.updatedAt),
      self,
      file: `${self}/file`,
      schema: '/v2/schemas/image',
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

  /** Any disk image is converted to the image's disk_format; one that cannot be ends as `killed`. */
  async judge(_image: StoredImage, path: string): Promise<Verdict> {
    const content = await inspectContent(path);
    if (content.size === 0) return { status: 'queued', fault: refusal('IMG.0057', 'The image file is empty.') };
    const foreign = (await foreignFormat(path)) ?? this.#untaken(content.formats);
    if (foreign !== undefined) {
      return { status: 'killed', fault: refusal('IMG.0057', `The image file is of the wrong format: ${foreign}.`) };
    }
    const formats = content.formats.filter((format) => format !== 'gpt');
    return { status: formats.length > 1 || content.unsafe !== undefined ? 'killed' : 'active' };
  }

  #untaken(formats: readonly string[]): string | undefined {
    return formats.find(
      (format) => format === 'luks' || (format === 'iso' && !this.#settings.diskFormats.includes('iso')),
    );
  }

  refuse(fault: Fault, call: Call): Answer {
    if (fault.status === 401) {
      const message = 'Incorrect IAM authentication information: decrypt token fail';
      return json(401, { error_msg: message, error_code: 'APIGW.0301' });
    }
    if (fault.code !== undefined) return json(fault.status, { error: { code: fault.code, message: fault.message } });
    return glanceRefusal(fault, call);
  }

  routes(context: ImageContext): Route[] {
    const absent = (call: Call): never => {
      callerOf(context, call);
      throw new Fault(501, 'The simulator does not import from object storage.');
    };
    return [
      route('GET', '/v1/cloudimages/quota', (call) => this.#quota(context, call)),
      route('PUT', '/v1/cloudimages/:id/upload', absent),
      route('GET', '/v1/:project/jobs/:id', absent),
      route('POST', '/v2/cloudimages/quickimport/action', absent),
    ];
  }

  #quota(context: ImageContext, call: Call): Answer {
    const { projectId } = callerOf(context, call);
    const used = context.store.live().filter(({ owner }) => owner === projectId).length;
    const quota = this.#settings.imageQuota;
    return json(200, { quotas: { resources: [{ type: 'image', used, quota, min: 0, max: quota }] } });
  }
}

function refusal(code: string, message: string): Fault {
  return new Fault(400, message, { code });
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
