import { randomUUID } from 'node:crypto';
import { httpClient } from '../../lambda/adapters/http.ts';
import type { Cloud } from '../../lambda/clouds/cloud.ts';
import type { HttpClient } from '../../lambda/clouds/http.ts';
import { keystoneSession, type Session } from '../../lambda/clouds/keystone.ts';
import { type Discovery, discover, type Quota } from '../../lambda/endpoints/discovery.ts';
import { ImageApi } from '../../lambda/endpoints/image-api.ts';
import { imageEndpoint } from '../../lambda/endpoints/registry.ts';
import { ID_PROPERTY, IMAGE_FORMATS } from '../../lambda/model/image.ts';
import type { TargetKind } from '../../lambda/model/target.ts';
import { resolveTargets } from '../../lib/settings/targets.ts';
import { Checks, type Finding, failed, hasFailed, ok, skipped, type Verdict, warning } from './finding.ts';
import { clockVerdict } from './stack-checks.ts';

export interface CheckedCloud {
  readonly cloud: Cloud;
  readonly kind: TargetKind;
}

/** Looks at a cloud as the functions would, from this machine. @param readOnly no image is made to see whether one may be */
export async function* cloudChecks({ cloud, kind }: CheckedCloud, readOnly: boolean): AsyncGenerator<Finding> {
  const checks = new Checks(`${cloud.name} (${kind})`);
  const http = httpClient(cloud);
  try {
    yield checks.found('clouds.yaml', credentialsVerdict(cloud));
    yield* reached(cloud, http, checks);
    const session = keystoneSession(cloud, http, () => new Date());
    const login = await checks.make('login', async () => loginVerdict(session));
    yield login;
    if (hasFailed(login)) return;
    const endpoint = await checks.make('endpoint', async () => ok(await session.imageUrl()));
    yield endpoint;
    if (hasFailed(endpoint)) return;
    yield* serviceChecks({ cloud, kind }, { http, session }, checks, readOnly);
  } finally {
    await http.close();
  }
}

function credentialsVerdict({ auth, authUrl, verify }: Cloud): Verdict {
  const detail = `${auth.type} at ${authUrl}`;
  if (verify) return ok(detail);
  return warning(
    `${detail}; certificates are not checked`,
    'Take out `verify: false`, and name the authority in `cacert`.',
  );
}

async function* reached({ authUrl }: Cloud, http: HttpClient, checks: Checks): AsyncGenerator<Finding> {
  let date: string | undefined;
  yield await checks.make('reach', async () => {
    const answer = await http({ method: 'GET', url: authUrl });
    date = answer.headers.date;
    return ok(`${new URL(authUrl).host} answers`);
  });
  yield checks.found('clock', clockVerdict(date, new Date(), 'the cloud'));
}

async function loginVerdict(session: Session): Promise<Verdict> {
  await session.token();
  return ok(`a token for the project ${await session.projectId()}`);
}

interface Service {
  readonly http: HttpClient;
  readonly session: Session;
}

async function* serviceChecks(
  { cloud, kind }: CheckedCloud,
  service: Service,
  checks: Checks,
  readOnly: boolean,
): AsyncGenerator<Finding> {
  const [target] = resolveTargets({ [cloud.name]: { kind } });
  if (target === undefined) throw new Error('A target that was given is missing.');
  const connection = { ...service, now: () => new Date() };
  const endpoint = imageEndpoint(target, connection);
  yield await checks.make('listing images', async () => {
    await endpoint.list('limit=1');
    return ok('allowed');
  });
  // IMS tells nothing of the kind: its formats and limits are in its documentation, and known (docs/endpoints.md).
  const dialect = { codes: {}, sizeIn: () => undefined };
  if (kind === 'glance') yield* discoveries(() => discover(new ImageApi(connection, dialect)), checks);
  yield await checks.make('creating images', async () => {
    if (readOnly) return skipped('--read-only');
    const id = randomUUID();
    const named = { id, name: 'imagedrop doctor', properties: { [ID_PROPERTY]: id } };
    const created = await endpoint.create(endpoint.conform({ ...EMPTY_IMAGE, ...named }));
    await endpoint.delete(created.id);
    return ok('an image without data was made and deleted');
  });
}

/** What every image service takes. */
const EMPTY_IMAGE = {
  diskFormat: 'raw',
  containerFormat: 'bare',
  minDisk: 0,
  minRam: 0,
  visibility: 'private',
  protected: false,
  tags: [],
};

async function* discoveries(ask: () => Promise<Discovery>, checks: Checks): AsyncGenerator<Finding> {
  let known: Discovery | undefined;
  const formats = await checks.make('formats', async () => {
    known = await ask();
    return formatsVerdict(known);
  });
  yield formats;
  if (known === undefined) return;
  yield checks.found('import', importVerdict(known));
  yield checks.found('hash', hashVerdict(known));
  if (known.quotas.length === 0) yield checks.found('quota', ok('the cloud reports none'));
  for (const quota of known.quotas) yield checks.found(`quota ${quota.name}`, quotaVerdict(quota));
}

function formatsVerdict({ diskFormats }: Discovery): Verdict {
  if (diskFormats === undefined) return skipped('the cloud does not say which it takes');
  const usable = diskFormats.filter((format) => IMAGE_FORMATS.some((known) => known === format));
  if (usable.length > 0) return ok(usable.join(', '));
  return failed(`it takes ${diskFormats.join(', ') || 'none'}`, 'Have [image_format] disk_formats name qcow2 or raw.');
}

function importVerdict({ importMethods }: Discovery): Verdict {
  const methods = importMethods?.join(', ') || 'none';
  if (importMethods?.includes('web-download'))
    return ok(`${methods}: images above what can be streamed are fetched by it`);
  return ok(`${methods}; without web-download, images that take more than a function's time to stream are refused`);
}

function hashVerdict({ hashAlgorithm }: Discovery): Verdict {
  return ok(hashAlgorithm ?? 'unknown until it has an image: md5 and sha512 are computed');
}

/** With less room left than a tenth, somebody should look. */
const TIGHT = 0.9;

function quotaVerdict({ limit, usage }: Quota): Verdict {
  const detail = limit < 0 ? `${usage} used, no limit` : `${usage} of ${limit} used`;
  const nextStep = 'Delete images that are no longer needed, or have the quota raised.';
  if (limit >= 0 && usage >= limit) return failed(detail, nextStep);
  return limit >= 0 && usage >= limit * TIGHT ? warning(detail, nextStep) : ok(detail);
}
