import { httpClient } from '../../lambda/adapters/http.ts';
import { endpointOpener } from '../../lambda/endpoints/registry.ts';
import type { Image } from '../../lambda/model/image.ts';
import { resolveTargets } from '../../lib/settings/targets.ts';
import { secretText } from '../doctor/clouds.ts';
import type { StackConnection } from '../stack/connection.ts';
import { targetsNamed } from '../stack/targets.ts';

/** The clouds of a stack, asked with the clouds.yaml that its functions have. */
export interface Clouds {
  /**
   * The image as its cloud shows it now.
   * @returns undefined when there is none
   * @throws where the cloud cannot be asked
   */
  image(target: string, id: string): Promise<Image | undefined>;
}

/** Lets some work ask the clouds of a stack, and closes the connections after it. */
export async function withClouds<T>(stack: StackConnection, work: (clouds: Clouds) => Promise<T>): Promise<T> {
  const opened: ReturnType<typeof httpClient>[] = [];
  const open = endpointOpener({
    httpFor(cloud) {
      const http = httpClient(cloud);
      opened.push(http);
      return http;
    },
    now: () => new Date(),
  });
  try {
    return await work({
      async image(target, id) {
        const [known] = targetsNamed([target], stack.targets);
        const [resolved] = known === undefined ? [] : resolveTargets({ [target]: { kind: known.kind } });
        if (resolved === undefined) throw new Error(`The stack has no target ${target}.`);
        return open(await cloudsYamlOf(stack), resolved).get(id);
      },
    });
  } finally {
    await Promise.all(opened.map((http) => http.close()));
  }
}

async function cloudsYamlOf(stack: StackConnection): Promise<string> {
  const name = stack.output('CloudsYamlSecretName');
  const text = await secretText(name);
  if (text !== undefined) return text;
  throw new Error(`These credentials may not read the secret ${name}, so the cloud was not asked.`);
}
