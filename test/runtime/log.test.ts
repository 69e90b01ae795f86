import type { Logger } from '@aws-lambda-powertools/logger';
import { expect, test } from '@jest/globals';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { functionLog } from '../../lambda/runtime/log.ts';

type Line = [level: string, message: string, fields: Record<string, unknown>];

function logged() {
  const lines: Line[] = [];
  const at = (level: string) => (message: string, fields: Record<string, unknown>) =>
    void lines.push([level, message, fields]);
  const logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') } as unknown as Logger;
  return { lines, log: functionLog(logger) };
}

test('an error of ours is reported by code and reason, without its stack', () => {
  const { lines, log } = logged();
  log.error('message failed', { key: 'a', error: new ImageDropError('empty', 'No bytes.') });
  expect(lines).toEqual([
    ['error', 'message failed', { key: 'a', code: 'empty', reason: 'No bytes.', retryable: false }],
  ]);
});

test('what lay beneath it keeps its stack, and so does an error that no one foresaw', () => {
  const { lines, log } = logged();
  const cause = new TypeError('boom');
  log.warn('failed', { error: new ImageDropError('internal', 'Unexpected.', { cause }) });
  log.warn('failed', { error: cause });
  expect(lines.map(([, , fields]) => fields.error)).toEqual([cause, cause]);
});

test('a line may have fields or none', () => {
  const { lines, log } = logged();
  log.info('drop', { status: 'active' });
  log.info('idle');
  expect(lines).toEqual([
    ['info', 'drop', { status: 'active' }],
    ['info', 'idle', {}],
  ]);
});

test('a line that names a record says the id of its drop', () => {
  const { lines, log } = logged();
  log.debug('looks', { record: 'folder/a.img/v1/here.json' });
  log.warn('no record', { record: 'reconcile.json' });
  expect(lines).toEqual([
    ['debug', 'looks', { record: 'folder/a.img/v1/here.json', dropId: 'v1' }],
    ['warn', 'no record', { record: 'reconcile.json' }],
  ]);
});
