import { expect, test } from '@jest/globals';
import { absent } from '../../lambda/adapters/absent.ts';

test('what is absent says so, whether it is called or made', () => {
  const Part = absent('parts') as unknown as { new (): unknown } & (() => unknown);
  expect(() => Part()).toThrow('The functions of imagedrop are bundled without parts.');
  expect(() => new Part()).toThrow('The functions of imagedrop are bundled without parts.');
});
