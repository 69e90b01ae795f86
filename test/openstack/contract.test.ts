import { describe } from '@jest/globals';
import { glanceWorld } from '../contract/glance-world.ts';
import { runCases } from '../contract/run-cases.ts';

describe('the real Glance', () => {
  runCases(glanceWorld, ({ simulatorOnly }) => simulatorOnly === undefined);
});
