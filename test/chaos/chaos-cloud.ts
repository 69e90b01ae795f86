import { createHash } from 'node:crypto';
import { get as getHttp, type IncomingMessage } from 'node:http';
import { get as getHttps } from 'node:https';
import { parse, stringify } from 'yaml';
import { type ClosableHttpClient, httpClient } from '../../lambda/adapters/http.ts';
import type { Cloud } from '../../lambda/endpoints/cloud.ts';
import { cloudNamed } from '../../lambda/endpoints/clouds-yaml.ts';
import { keystoneSession, type Session } from '../../lambda/endpoints/keystone.ts';
import type { TargetKind } from '../../lambda/model/target.ts';

export interface CloudImage {
  readonly id: string;
  readonly status: string;
  readonly imagedrop_record?: string;
  readonly imagedrop_id?: string;
}

/** A proxy before a service of a cloud. @returns where it listens */
export type StandBefore = (cloud: Cloud, url: string) => Promise<string>;

/** One cloud as an observer sees it: by its own client, past all faults. */
export class ChaosCloud {
  readonly name: string;
  readonly kind: TargetKind;
  readonly #settings: Cloud;
  readonly #document: unknown;
  readonly #http: ClosableHttpClient;
  readonly #session: Session;

  constructor(name: string, kind: TargetKind, cloudsYaml: string) {
    this.name = name;
    this.kind = kind;
    this.#document = parse(cloudsYaml).clouds[name];
    this.#settings = cloudNamed(cloudsYaml, name);
    this.#http = httpClient({ ...this.#settings });
    this.#session = keystoneSession(this.#settings, this.#http, () => new Date());
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

  async images(): Promise<readonly CloudImage[]> {
    const images: CloudImage[] = [];
    let query: string | undefined = 'limit=100';
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

  async #ask(method: 'GET' | 'DELETE', path: string) {
    const url = `${await this.#session.imageUrl()}${path}`;
    const headers = { 'x-auth-token': await this.#session.token(), accept: 'application/json' };
    const answer = await this.#http({ method, url, headers });
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
