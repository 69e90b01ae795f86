import { runScript } from '../measure/run.ts';
import type { RealOpenStack } from './real-cloud.ts';

const POST = 'curl -sSf -X POST -H "X-Auth-Token: $1" -H "Content-Type: application/json" -d "$3" "$2"';
const PUT = 'curl -sSf -T "$3" -H "X-Auth-Token: $1" -H "Content-Type: application/octet-stream" "$2"';
const GET = 'curl -sSf -H "X-Auth-Token: $1" "$2"';

/** What somebody does by hand who has a token already: one curl for each request. */
export class CurlClient {
  readonly #token: string;
  readonly #url: string;

  constructor({ token, imageUrl }: Pick<RealOpenStack, 'token' | 'imageUrl'>) {
    this.#token = token;
    this.#url = imageUrl;
  }

  /** @returns the id of a new image */
  async create(name: string): Promise<string> {
    const body = JSON.stringify({ name, disk_format: 'raw', container_format: 'bare' });
    const { output } = await runScript(POST, [this.#token, `${this.#url}/v2/images`, body]);
    return JSON.parse(output).id;
  }

  /** @returns seconds until Glance has answered, which it does when the image is active */
  async upload(id: string, file: string): Promise<number> {
    const { seconds } = await runScript(PUT, [this.#token, `${this.#url}/v2/images/${id}/file`, file]);
    return seconds;
  }

  async show(id: string): Promise<void> {
    await runScript(GET, [this.#token, `${this.#url}/v2/images/${id}`]);
  }
}
