import { describe, expect, test } from '@jest/globals';
import type { FaultyEnvironment, MessageFault, StackFaults } from '../../../../local/faults.ts';
import { logged, nothingLeft, RETRIED_SOON, startCase } from '../../lambda/lambda-case.ts';
import { eventually } from '../../stack-fixture.ts';

/** Nothing goes wrong but what is given. */
function faults(more: { messages?: (MessageFault | undefined)[]; functions?: Partial<StackFaults['functions']> }) {
  const left = [...(more.messages ?? [])];
  return {
    endpoints: async (endpoints) => endpoints,
    functions: { environment: (_, variables) => variables, invocation: () => () => undefined, ...more.functions },
    messages: { received: () => left.shift() },
  } satisfies StackFaults;
}

const HANDLER = 'export const handler = ({ Records: [{ body }] }) => console.log("works on", body)';
const works = (body = '') => logged(`works on ${body}`).length;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('a message', () => {
  test('can be doubled', async () => {
    const { send } = await startCase({
      handler: HANDLER,
      faults: faults({ messages: [{ how: 'double', seconds: 0 }] }),
    });
    await send('In', 'a');
    await eventually(() => works('a') === 2);
    await nothingLeft();
  });

  test('can be delayed, so that another overtakes it', async () => {
    const messages: MessageFault[] = [{ how: 'delay', seconds: 5 }];
    const { send } = await startCase({ handler: HANDLER, faults: faults({ messages }) });
    await send('In', 'first');
    await pause(200);
    await send('In', 'second');
    await eventually(() => works() === 2);
    expect(logged('works on').map((line) => line.split(' ').at(-1))).toEqual(['second', 'first']);
  });

  test('can come again though it was worked on', async () => {
    const { send, stack } = await startCase({
      handler: HANDLER,
      faults: faults({ messages: [{ how: 'keep' }] }),
      ...RETRIED_SOON,
    });
    // A start that takes longer than the message is invisible would bring it once more.
    await stack.invoke('Fn', { Records: [] });
    await send('In', 'a');
    await eventually(() => works('a') === 2);
    await nothingLeft();
  });

  test('can be lost', async () => {
    const { send } = await startCase({ handler: HANDLER, faults: faults({ messages: [{ how: 'lose' }] }) });
    await send('In', 'lost');
    await pause(100);
    await send('In', 'other');
    await eventually(() => works('other') === 1);
    await nothingLeft();
    expect(works('lost')).toBe(0);
  });

  test('can go to the dead letters without being worked on', async () => {
    const { send, receive } = await startCase({ handler: HANDLER, faults: faults({ messages: [{ how: 'bury' }] }) });
    await send('In', 'buried');
    expect((await receive('Dead'))?.Body).toBe('buried');
    await nothingLeft();
    expect(works()).toBe(0);
  });
});

describe('a function', () => {
  test('can be killed at its work, and its message comes again', async () => {
    let kills = 0;
    const invocation = (environment: FaultyEnvironment) => {
      kills += 1;
      if (kills === 1) setTimeout(() => environment.kill(), 300);
      return () => undefined;
    };
    const { send } = await startCase({
      handler: `export const handler = async ({ Records: [{ body, attributes }] }) => {
        if (attributes.ApproximateReceiveCount === '1') await new Promise(() => setInterval(() => {}, 1000));
        console.log('works on', body);
      }`,
      ...RETRIED_SOON,
      faults: faults({ functions: { invocation } }),
    });
    await send('In', 'a');
    await eventually(() => works('a') === 1);
    expect(kills).toBe(2);
    expect(logged('was ended by SIGKILL')).toHaveLength(1);
    await nothingLeft();
  });

  test('finds the variables that it is given, and is distinguished from others', async () => {
    const told: string[] = [];
    const environment = ({ functionName }: FaultyEnvironment, variables: Readonly<Record<string, string>>) => {
      told.push(functionName);
      return { ...variables, GIVEN: 'by the faults' };
    };
    const { send } = await startCase({
      handler: 'export const handler = () => console.log("works on", process.env.GIVEN)',
      faults: faults({ functions: { environment } }),
    });
    await send('In', 'a');
    await eventually(() => works('by the faults') === 1);
    expect(told).toEqual(['Fixture-Fn']);
  });

  test('is announced at the beginning and at the end of each invocation, with its event', async () => {
    const told: string[] = [];
    const invocation = (_: FaultyEnvironment, event: unknown) => {
      told.push(`begin ${(event as { Records: { body: string }[] }).Records[0]?.body}`);
      return () => told.push('end');
    };
    const { send } = await startCase({ handler: HANDLER, faults: faults({ functions: { invocation } }) });
    await send('In', 'a');
    await nothingLeft();
    await eventually(() => told.length === 2);
    expect(told).toEqual(['begin a', 'end']);
  });
});
