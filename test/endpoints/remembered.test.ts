import { describe, expect, test } from '@jest/globals';
import { Remembered } from '../../lambda/endpoints/discovery.ts';

function counted(faults: Error[] = []) {
  const state = { asked: 0, time: 1_000_000 };
  const ask = async () => {
    state.asked += 1;
    const fault = faults.shift();
    if (fault !== undefined) throw fault;
    return state.asked;
  };
  return { state, remembered: new Remembered(ask, () => new Date(state.time)) };
}

describe('a remembered answer', () => {
  test('is asked for again only when it is older than wanted', async () => {
    const { state, remembered } = counted();
    expect(await remembered.get(10)).toBe(1);
    state.time += 10_000;
    expect(await remembered.get(10)).toBe(1);
    state.time += 1;
    expect(await remembered.get(10)).toBe(2);
  });

  test('is shared by those who ask while it is on its way', async () => {
    const { state, remembered } = counted();
    await Promise.all([remembered.get(10), remembered.get(0), remembered.get(10)]);
    expect(state.asked).toBe(1);
  });

  test('is not kept when it is a failure', async () => {
    const { remembered } = counted([new Error('away')]);
    await expect(remembered.get(10)).rejects.toThrow('away');
    expect(await remembered.get(10)).toBe(2);
  });
});
