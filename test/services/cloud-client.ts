import type { Keystone } from '../../local/contributing/openstack/keystone.ts';

/** An image as the Image API answers it. */
export interface ImageAnswer {
  readonly id: string;
  readonly status: string;
  readonly [field: string]: unknown;
}

/** A customer with an application credential, as directly at the API as can be. */
export class CloudClient {
  readonly #url: string;
  readonly #token: string;

  private constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  /** @param url of Glance, without a version */
  static async at(url: string, keystone: Keystone): Promise<CloudClient> {
    const { applicationCredential } = keystone.accounts;
    const identity = { methods: ['application_credential'], application_credential: applicationCredential };
    const response = await fetch(`${keystone.url}/auth/tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ auth: { identity } }),
    });
    return new CloudClient(url, response.headers.get('x-subject-token') ?? '');
  }

  send(method: string, path: string, body?: object): Promise<Response> {
    return fetch(`${this.#url}/v2/${path}`, {
      method,
      headers: { 'content-type': 'application/json', 'x-auth-token': this.#token },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }

  async get<T = ImageAnswer>(path: string): Promise<T> {
    return (await (await this.send('GET', path)).json()) as T;
  }

  async create(): Promise<ImageAnswer> {
    const fields = { name: 'test', disk_format: 'raw', container_format: 'bare' };
    return (await (await this.send('POST', 'images', fields)).json()) as ImageAnswer;
  }

  /** @returns the status code */
  async upload(id: string, body: Buffer | ReadableStream): Promise<number> {
    const response = await fetch(`${this.#url}/v2/images/${id}/file`, {
      method: 'PUT',
      headers: { 'content-type': 'application/octet-stream', 'x-auth-token': this.#token },
      body: body instanceof Buffer ? new Uint8Array(body) : body,
      duplex: 'half',
    });
    await response.arrayBuffer();
    return response.status;
  }
}
