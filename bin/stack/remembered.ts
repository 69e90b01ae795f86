import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isObject, parseObject } from '../../lambda/model/json.ts';
import { WrongUse } from '../terminal/exit-codes.ts';
import { configFolder } from '../user-folders.ts';
import { writeForOwner } from './local.ts';

/** A deployed stack as CloudFormation has described it. */
export interface DeployedStack {
  readonly name: string;
  readonly region: string;
  readonly outputs: Readonly<Record<string, string>>;
}

interface Memory {
  /** The stack that is meant where none is named. */
  readonly current?: string;
  readonly stacks: Readonly<Record<string, DeployedStack>>;
}

const NOTHING: Memory = { stacks: {} };

/** Where stacks are remembered; deleting it forgets them all. */
export const memoryFile = (): string => join(configFolder(), 'stacks.json');

/** @param name @default the one that was named last */
export async function rememberedStack(name?: string): Promise<DeployedStack | undefined> {
  const { current, stacks } = await read();
  const wanted = name ?? current;
  return wanted !== undefined && Object.hasOwn(stacks, wanted) ? stacks[wanted] : undefined;
}

/** From now on it is meant where none is named. */
export async function remember(stack: DeployedStack): Promise<void> {
  const { stacks } = await read();
  await write({ current: stack.name, stacks: { ...stacks, [stack.name]: stack } });
}

/** @returns the names of the stacks that were remembered */
export async function forgetStacks(): Promise<readonly string[]> {
  const { stacks } = await read();
  await rm(memoryFile(), { force: true });
  return Object.keys(stacks);
}

async function read(): Promise<Memory> {
  const text = await readFile(memoryFile(), 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return NOTHING;
  const memory = parseObject(text);
  if (isObject(memory?.stacks)) return memory as unknown as Memory;
  throw new WrongUse(`${memoryFile()} is not what this program has written: delete it.`);
}

async function write(memory: Memory): Promise<void> {
  await mkdir(dirname(memoryFile()), { recursive: true });
  await writeForOwner(memoryFile(), `${JSON.stringify(memory, undefined, 2)}\n`);
}
