import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The client that OpenStack's users know, as an independent judge of what is at the cloud. */
export class OpenStackClient {
  readonly #cloudsYamlFile: string;

  constructor(cloudsYamlFile: string) {
    this.#cloudsYamlFile = cloudsYamlFile;
  }

  // biome-ignore lint/suspicious/noExplicitAny: a test states what it expects of the answer, value by value
  async list(): Promise<any[]> {
    return JSON.parse(await this.#ask('image', 'list', '--long', '-f', 'json'));
  }

  async save(id: string, file: string): Promise<void> {
    await this.#ask('image', 'save', '--file', file, id);
  }

  async #ask(...args: string[]): Promise<string> {
    const env = { PATH: process.env.PATH, OS_CLIENT_CONFIG_FILE: this.#cloudsYamlFile, HOME: '/nonexistent' };
    const { stdout } = await run('openstack', ['--os-cloud', 'openstack', ...args], { env, maxBuffer: 2 ** 24 });
    return stdout;
  }
}
