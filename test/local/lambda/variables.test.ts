import { expect, test } from '@jest/globals';
import { proxyVariables } from '../../../local/lambda/variables.ts';

test('the functions find the proxies of this machine, and the stack is not behind them', () => {
  expect(proxyVariables({ https_proxy: 'http://proxy:3128', NO_PROXY: 'inside.example' })).toEqual({
    HTTPS_PROXY: 'http://proxy:3128',
    NO_PROXY: 'inside.example,localhost,127.0.0.1,::1',
  });
  expect(proxyVariables({ NO_PROXY: 'inside.example' })).toEqual({});
});
