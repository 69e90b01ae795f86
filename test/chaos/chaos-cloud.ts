import { createHash } from 'node:crypto';
import { get as getHttp, type IncomingMessage } from 'node:http';
import { get as getHttps } from 'node:https';
import { parse, stringify } from 'yaml';
import { type ClosableHttpClient, httpClient } from '../../lambda/adapters/http.ts';
import type { Cloud } from '../../lambda/clouds/cloud.ts';
import { cloudNamed } from '../../lambda/clouds/clouds-yaml.ts';
import { keystoneSession, type Session } from '../../lambda/clouds/keystone.ts';
import type { Route } from '../../lambda/model/image.ts';
import type { TargetKind } from '../../lambda/model/target.ts';

/** An image as its service shows it. */
export interface CloudImage {
  readonly id: string;
  readonly status: string;
  readonly tags?: readonly string[];
  readonly imagedrop_record?: string;
  readonly imagedrop_id?: string;
  readonly [property: string]: unknown;
}

/** How a target of the run takes its images. */
export interface ChaosTarget {
  readonly name: string;
  readonly kind: TargetKind;
  readonly route: Route;
  /** Its settings in the stack, beside the kind. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** A proxy before a service of a cloud. @returns where it listens */
export type StandBefore = (cloud: Cloud, url: string) => Promise<string>;

/** Ten times the thirty seconds that a service has to answer. */
const MOST_ASKS = 10;

/** One cloud as an observer sees it: by its own client, past all faults. */
export class ChaosCloud {
  readonly target: ChaosTarget;
  readonly #settings: Cloud;
  readonly #document: unknown;
  readonly #http: ClosableHttpClient;
  readonly #session: Session;

  constructor(target: ChaosTarget, cloudsYaml: string) {
    const { name } = target;
    this.target = target;
    this.#document = parse(cloudsYaml).clouds[name];
    this.#settings = cloudNamed(cloudsYaml, name);
    this.#http = httpClient({ ...this.#settings });
    this.#session = keystoneSession(this.#settings, this.#http, () => new Date());
  }

  get name(): string {
    return this.target.name;
  }

  /** The entry of clouds.yaml by which a function comes to this cloud through proxies. */
  async behind(standBefore: StandBefore): Promise<unknown> {
    const identity = await standBefore(this.#settings, this.#settings.authUrl);
    const image = await standBefore(this.#settings, await this.#session.imageUrl());
    const document = this.#document as { auth: object };
    return {
      ...document,
      auth: { ...document.auth, auth_url: identity },
      image_endpoint_override: image,
    };
  }

  /** All images, those that are hidden among them. */
  async images(): Promise<readonly CloudImage[]> {
    const hidden = this.target.kind === 'glance' ? await this.#listed('limit=100&os_hidden=true') : [];
    return [...(await this.#listed('limit=100')), ...hidden];
  }

  async #listed(first: string): Promise<readonly CloudImage[]> {
    const images: CloudImage[] = [];
    let query: string | undefined = first;
    while (query !== undefined) {
      const { text } = await this.#ask('GET', `/images?${query}`);
      const page = JSON.parse(text) as { images: readonly CloudImage[]; next?: string };
      images.push(...page.images);
      query = page.next?.split('?')[1];
    }
    return images;
  }

  async delete(id: string): Promise<void> {
    await this.#ask('DELETE', `/images/${id}`);
  }

  async rename(id: string, name: string): Promise<void> {
    const body = JSON.stringify([{ op: 'replace', path: '/name', value: name }]);
    await this.#ask('PATCH', `/images/${id}`, body);
  }

  /** Size and SHA-256 of the bytes that the service gives for an image. */
  async content(id: string): Promise<{ readonly bytes: number; readonly sha256: string }> {
    const url = new URL(`${await this.#session.imageUrl()}/images/${id}/file`);
    const headers = { 'x-auth-token': await this.#session.token() };
    const { verify, cacert } = this.#settings;
    const tls = { rejectUnauthorized: verify, ...(cacert !== undefined && { ca: cacert }) };
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const asked =
        url.protocol === 'https:' ? getHttps(url, { headers, ...tls }, resolve) : getHttp(url, { headers }, resolve);
      asked.once('error', reject);
    });
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of answer) {
      bytes += chunk.length;
      hash.update(chunk);
    }
    return { bytes, sha256: hash.digest('hex') };
  }

  close(): Promise<void> {
    return this.#http.close();
  }

  /** A service that is killed, or has too much to do, is asked once more; a change is made once. */
  async #ask(method: 'GET' | 'DELETE' | 'PATCH', path: string, body?: string) {
    for (let times = 1; ; times += 1) {
      try {
        return await this.#askOnce(method, path, body);
      } catch (error) {
        if (method !== 'GET' || times === MOST_ASKS) throw error;
      }
    }
  }

  async #askOnce(method: 'GET' | 'DELETE' | 'PATCH', path: string, body?: string) {
    const url = `${await this.#session.imageUrl()}${path}`;
    const type = 'application/openstack-images-v2.1-json-patch';
    const accepted = { 'x-auth-token': await this.#session.token(), accept: 'application/json' };
    const headers = body === undefined ? accepted : { ...accepted, 'content-type': type };
    const answer = await this.#http({ method, url, headers, ...(body !== undefined && { body }) });
    if (answer.status > 299) throw new Error(`${method} ${url} was answered with ${answer.status}: ${answer.text}`);
    return answer;
  }
}

export async function cloudsYamlBehind(clouds: readonly ChaosCloud[], standBefore: StandBefore): Promise<string> {
  const entries = await Promise.all(
    clouds.map(async (cloud) => [cloud.name, await cloud.behind(standBefore)] as const),
  );
  return stringify({ clouds: Object.fromEntries(entries) });
}
