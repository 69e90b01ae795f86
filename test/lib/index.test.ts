import { expect, test } from '@jest/globals';
import * as published from '../../lib/index.ts';

test('the package gives the construct, its stack and the error of a setting, and nothing else that runs', () => {
  expect(Object.keys(published).sort()).toEqual(['ImageDrop', 'ImageDropStack', 'SettingError']);
});
