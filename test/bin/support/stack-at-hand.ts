import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { publishStack, STATE_FOLDER } from '../../../bin/stack/local.ts';
import { Pipeline, type PipelineOptions } from '../../pipeline/pipeline.ts';
import { CommandLine } from './command-line.ts';

/** A stack that runs in a user's folder, as by `npm start`, and the user. */
export interface StackAtHand {
  readonly pipeline: Pipeline;
  readonly user: CommandLine;
  /** Has commands find other variables, such as the address of a proxy, and other outputs from now on. */
  publish(environment?: Readonly<Record<string, string>>, outputs?: Readonly<Record<string, string>>): Promise<void>;
  close(): Promise<void>;
}

export async function stackAtHand(options: PipelineOptions = {}): Promise<StackAtHand> {
  const user = await CommandLine.open();
  const pipeline = await Pipeline.start(options);
  const folder = join(user.folder, STATE_FOLDER);
  await mkdir(folder);
  const publish = async (environment = {}, outputs = {}) => {
    const variables = { ...pipeline.stack.environment(), ...environment };
    await publishStack(folder, { environment: variables, outputs: { ...pipeline.stack.outputs, ...outputs } });
  };
  await publish();
  return {
    pipeline,
    user,
    publish,
    async close() {
      await pipeline.stop();
      await user.close();
    },
  };
}
