import { callerOf } from './authentication.ts';
import { type Content, inspectContent } from './content.ts';
import type { Caller, Flavour, ImageContext, MishapOf, Verdict } from './flavour.ts';
import { glanceRefusal, tokenRefusal } from './glance-fault.ts';
import { type Answer, type Call, Fault, type JsonObject, json } from './http.ts';
import { commonView, type NewImage, type StoredImage } from './image.ts';
import { actionRoutes } from './image-actions.ts';
import type { ByteLimit } from './image-file.ts';
import { ImageImports } from './image-import.ts';
import { memberRoutes } from './image-members.ts';
import type { LiveImages } from './image-store.ts';
import { checkNewImage } from './new-image.ts';
import { Quotas } from './quotas.ts';
import { type Route, route } from './router.ts';
import { imageProperties, type Properties, schemas } from './schema.ts';
import { type GlanceSettings, STORE } from './settings.ts';

/** The formats that oslo.utils can tell; content of any other cannot be checked. */
const INSPECTABLE = new Set(['raw', 'qcow2', 'vhd', 'vhdx', 'vmdk', 'vdi', 'qed', 'iso', 'gpt', 'luks']);

const FOUR_BYTES = /[\u{10000}-\u{10ffff}]/u;

/** Stock OpenStack Glance, Image API v2. */
export class Glance implements Flavour {
  readonly basePath = '/image';
  readonly properties: Properties;
  readonly schemas: ReadonlyMap<string, JsonObject>;
  readonly createdHeaders: Readonly<Record<string, string>>;
  readonly checksum: boolean;
  readonly hashAlgorithm: string;
  readonly activationDelayMs: number;
  readonly mishap: MishapOf;
  readonly #inspectsContent: boolean;
  readonly #quotas: Quotas;
  readonly #imports: ImageImports;

  constructor(settings: GlanceSettings) {
    this.properties = imageProperties(settings.diskFormats);
    this.schemas = schemas(this.properties, { sharing: true });
    this.checksum = settings.checksum;
    this.hashAlgorithm = settings.hashAlgorithm;
    this.activationDelayMs = settings.activationDelayMs;
    this.mishap = settings.mishap ?? (() => undefined);
    this.#inspectsContent = settings.inspectsContent;
    this.#quotas = new Quotas(settings.limits);
    this.#imports = new ImageImports(settings);
    this.createdHeaders = {
      'OpenStack-image-store-ids': STORE,
      ...(settings.importMethods.length > 0 && { 'OpenStack-image-import-methods': settings.importMethods.join(',') }),
    };
  }

  create(body: JsonObject, caller: Caller, live: LiveImages): NewImage {
    this.admitText(body);
    const image = checkNewImage(body, this.properties);
    if (image.visibility === 'public' && !caller.isAdmin) {
      throw new Fault(403, 'You are not authorized to complete publicize_image action.');
    }
    const owner = ownerOf(body, caller);
    this.#quotas.admitImage(caller.projectId, live);
    return { ...image, owner };
  }

  /** Its tables hold UTF-8 of three bytes. */
  admitText(attributes: object): void {
    for (const [name, value] of Object.entries(attributes)) {
      if (!FOUR_BYTES.test(JSON.stringify([name, value]))) continue;
      throw new Fault(400, `${name} can't contain 4 byte unicode characters.`);
    }
  }

  view(image: StoredImage): JsonObject {
    return {
      ...commonView(image),
      os_hidden: image.hidden,
      size: image.size,
      virtual_size: image.virtualSize,
      checksum: image.checksum,
      os_hash_algo: image.hashAlgorithm,
      os_hash_value: image.hashValue,
      ...(image.status === 'active' ? { stores: STORE } : {}),
    };
  }

  admitSize(declaredBytes: number | undefined, caller: Caller, live: LiveImages): void {
    this.#quotas.admitSize(declaredBytes, caller.projectId, live);
  }

  admitStore(name = STORE): void {
    if (name !== STORE) throw new Fault(400, `Store for identifier ${name} not found`);
  }

  admitUpload(image: StoredImage, declaredBytes: number | undefined, live: LiveImages): ByteLimit[] {
    return this.#quotas.admitUpload(image.owner, declaredBytes, live);
  }

  /** Glance wraps the data of bare images only in its format inspector, which older ones use for the virtual size alone. */
  async judge({ containerFormat, diskFormat }: StoredImage, path: string): Promise<Verdict> {
    if (containerFormat !== 'bare') return { status: 'active' };
    const content = await inspectContent(path);
    const flaw = this.#inspectsContent ? flawOf(content, diskFormat) : undefined;
    if (flaw !== undefined) return { status: 'queued', fault: new Fault(415, flaw) };
    const virtualSize = virtualSizeOf(content, diskFormat);
    return { status: 'active', ...(virtualSize === undefined ? {} : { virtualSize }) };
  }

  refuse(fault: Fault, call: Call): Answer {
    return fault.status === 401 ? tokenRefusal(fault, call) : this.withRequestId(glanceRefusal(fault, call), call);
  }

  /** Glance names a request only behind keystonemiddleware (glance.api.middleware.context). */
  withRequestId(answer: Answer, { requestId }: Call): Answer {
    const id = requestId.startsWith('req-') ? requestId : `req-${requestId}`;
    return { ...answer, headers: { ...answer.headers, 'x-openstack-request-id': id } };
  }

  routes(context: ImageContext): Route[] {
    return [
      ...actionRoutes(context),
      ...memberRoutes(context),
      ...this.#imports.routes(context),
      route('GET', '/v2/info/stores', () => json(200, { stores: [{ id: STORE, default: 'true' }] })),
      route('GET', '/v2/info/stores/detail', (call) => storesInDetail(callerOf(context, call))),
      route('GET', '/v2/info/usage', (call) => {
        const { projectId } = callerOf(context, call);
        return json(200, { usage: this.#quotas.usage(projectId, context.store.live()) });
      }),
    ];
  }

  close(): Promise<void> {
    return this.#imports.close();
  }
}

/** @throws Fault 403 for another project's than the caller's, unless it is an admin */
function ownerOf({ owner }: JsonObject, { projectId, isAdmin }: Caller): string | null {
  if (owner === undefined || owner === projectId) return projectId;
  if (!isAdmin) throw new Fault(403, `You are not permitted to create images owned by '${owner ?? 'None'}'.`);
  return owner === null ? null : String(owner);
}

function storesInDetail({ isAdmin }: Caller): Answer {
  if (!isAdmin) throw new Fault(403, 'You are not authorized to complete stores_info_detail action.');
  const properties = { data_dir: '/var/lib/glance/images', chunk_size: 65_536, thin_provisioning: false };
  return json(200, { stores: [{ id: STORE, default: 'true', type: 'file', properties }] });
}

/** Why content is refused after the PUT; the image can then be used for another one, as Glance sees it. */
function flawOf({ formats: found, unsafe, unsupported }: Content, diskFormat: string | null): string | undefined {
  const formats = found.filter((format) => format !== 'gpt' || !found.includes('iso'));
  if (formats.length > 1) return `Multiple formats detected: ${formats.join(', ')}`;
  const format = formats[0] ?? 'raw';
  if (!fits(format, diskFormat)) return `Image disk_format ${diskFormat} does not match stream data ${format}`;
  return (unsafe ?? unsupported) === undefined ? undefined : 'Image failed safety checks';
}

function virtualSizeOf({ size, formats, virtualSize }: Content, diskFormat: string | null): number | undefined {
  if (diskFormat === 'raw') return size;
  if (!formats.includes(diskFormat ?? '')) return undefined;
  return diskFormat === 'iso' ? size : virtualSize;
}

/** Anything may be declared raw; a file without signature may be declared as any format that has none. */
function fits(format: string, diskFormat: string | null): boolean {
  if (format === diskFormat || diskFormat === 'raw') return true;
  return format === 'raw' && !INSPECTABLE.has(diskFormat ?? '');
}
