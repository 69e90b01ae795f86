import { describe } from '@jest/globals';
import { runCases } from './run-cases.ts';
import { simulatorWorld } from './simulator-world.ts';

describe('the simulator', () => {
  runCases(simulatorWorld, () => true);
});
