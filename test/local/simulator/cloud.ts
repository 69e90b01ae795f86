import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Dispatcher, request } from 'undici';
import type { SimulatorOptions } from '../../../local/simulator/settings.ts';
import { type Simulator, startSimulator } from '../../../local/simulator/simulator.ts';

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
  readonly text: string;
  /** The body as JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: a test states what it expects of the body, value by value
  readonly json: any;
}

type Body = Dispatcher.DispatchOptions['body'];

/** One HTTP exchange over the network. */
export async function ask(
  url: string,
  method = 'GET',
  body?: Body,
  headers: Record<string, string> = {},
): Promise<Reply> {
  const options = { method: method as Dispatcher.HttpMethod, headers, ...(body === undefined ? {} : { body }) };
  const { statusCode, headers: answered, body: stream } = await request(url, options);
  const bytes = Buffer.from(await stream.arrayBuffer());
  const text = bytes.toString();
  return {
    status: statusCode,
    headers: answered,
    bytes,
    text,
    json: text.startsWith('{') ? JSON.parse(text) : undefined,
  };
}

export const UPLOADER = { name: 'uploader', password: 'uploader-password', domain: { name: 'Default' } };
export const STRANGER = { name: 'stranger', password: 'stranger-password', domain: { name: 'Default' } };
export const ADMIN = { name: 'admin', password: 'admin-password', domain: { name: 'Default' } };

export function passwordRequest(user: object, project?: string): object {
  const scope = project === undefined ? {} : { scope: { project: { name: project, domain: { id: 'default' } } } };
  return { auth: { identity: { methods: ['password'], password: { user } }, ...scope } };
}

/** A client of one image service, with the token of one user. */
export class ImageClient {
  readonly url: string;
  readonly token: string;

  constructor(url: string, token: string) {
    this.url = url;
    this.token = token;
  }

  ask(method: string, where: string, body?: Body, headers: Record<string, string> = {}): Promise<Reply> {
    return ask(this.url + where, method, body, { 'x-auth-token': this.token, ...headers });
  }

  get(where: string): Promise<Reply> {
    return this.ask('GET', where);
  }

  create(image: object): Promise<Reply> {
    return this.ask('POST', '/v2/images', JSON.stringify(image), { 'content-type': 'application/json' });
  }

  /** Creates a raw image and returns its id. */
  async created(image: object = {}): Promise<string> {
    const reply = await this.create({ name: 'disk', disk_format: 'raw', container_format: 'bare', ...image });
    return reply.json.id;
  }

  patch(id: string, changes: object[]): Promise<Reply> {
    const type = 'application/openstack-images-v2.1-json-patch';
    return this.ask('PATCH', `/v2/images/${id}`, JSON.stringify(changes), { 'content-type': type });
  }

  upload(id: string, body: Body, headers: Record<string, string> = {}): Promise<Reply> {
    return this.ask('PUT', `/v2/images/${id}/file`, body, { 'content-type': 'application/octet-stream', ...headers });
  }

  /** The image as the service shows it now. */
  async image(id: string) {
    return (await this.get(`/v2/images/${id}`)).json;
  }

  /** A connection of its own, which the service has accepted. */
  async connection(): Promise<Socket> {
    const { hostname, port } = new URL(this.url);
    const socket = connect(Number(port), hostname);
    socket.write(`GET / HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`);
    await answerOn(socket);
    return socket;
  }

  /** The head of an upload, to be written on a connection. */
  uploadHead(id: string, contentLength: number, ...headers: string[]): string {
    const { host, pathname } = new URL(this.url);
    const lines = [
      `PUT ${pathname}/v2/images/${id}/file HTTP/1.1`,
      `Host: ${host}`,
      `X-Auth-Token: ${this.token}`,
      'Content-Type: application/octet-stream',
      `Content-Length: ${contentLength}`,
      ...headers,
    ];
    return `${lines.join('\r\n')}\r\n\r\n`;
  }

  /** Begins an upload whose body the test sends as it likes. */
  async beginUpload(id: string, contentLength: number): Promise<Socket> {
    const socket = await this.connection();
    socket.write(this.uploadHead(id, contentLength));
    await this.untilStatus(id, 'saving');
    return socket;
  }

  async untilStatus(id: string, status: string): Promise<void> {
    for (let tries = 0; (await this.image(id)).status !== status; tries++) {
      if (tries === 12_000) throw new Error(`The image did not become ${status} within two minutes.`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

/** A simulator with a clock that stands still until the test moves it. */
export class TestCloud {
  readonly folder: string;
  readonly simulator: Simulator;
  readonly #time: { now: Date };

  private constructor(folder: string, simulator: Simulator, time: { now: Date }) {
    this.folder = folder;
    this.simulator = simulator;
    this.#time = time;
  }

  static async start(options: Partial<SimulatorOptions> = {}): Promise<TestCloud> {
    const folder = options.folder ?? (await mkdtemp(path.join(tmpdir(), 'simulator-')));
    const time = { now: new Date('2026-05-04T10:00:00.000Z') };
    const simulator = await startSimulator({ clock: () => time.now, ...options, folder });
    return new TestCloud(folder, simulator, time);
  }

  async stop(): Promise<void> {
    await this.simulator.close();
    await rm(this.folder, { recursive: true });
  }

  advance(milliseconds: number): void {
    this.#time.now = new Date(this.#time.now.getTime() + milliseconds);
  }

  authenticate(body: unknown): Promise<Reply> {
    return ask(`${this.simulator.authUrl}/auth/tokens`, 'POST', JSON.stringify(body));
  }

  async token(user: object = UPLOADER, project = 'imagedrop'): Promise<string> {
    const reply = await this.authenticate(passwordRequest(user, project));
    return String(reply.headers['x-subject-token']);
  }

  async glance(user?: object, project?: string): Promise<ImageClient> {
    return new ImageClient(`${this.simulator.url}/image`, await this.token(user, project));
  }

  async ims(user?: object, project?: string): Promise<ImageClient> {
    return new ImageClient(`${this.simulator.url}/ims`, await this.token(user, project));
  }

  /** The same folder under a new server, with other options. */
  async restarted(options: Partial<SimulatorOptions> = {}): Promise<TestCloud> {
    await this.simulator.close();
    return TestCloud.start({ ...options, folder: this.folder });
  }
}

/** What comes next on a connection. */
export function answerOn(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    socket.once('data', (data) => resolve(data.toString()));
    socket.once('error', reject);
  });
}
