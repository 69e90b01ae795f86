import { expect, test } from '@jest/globals';
import { report } from '../../bin/reconcile/report.ts';
import { firstReconciliation, NOTHING } from '../../lambda/model/reconciliation.ts';

const reconciliation = firstReconciliation(new Date(0), { takesUpAll: true, lostAfterSeconds: 1800 });
const run = { startedAt: '', seconds: 1, counts: NOTHING, errors: 0, findings: [] };

test('a run that found nothing says so', () => {
  expect(report({ dryRun: false, complete: true, run, reconciliation })).toBe(
    'Looked at 0 drops, 0 records, 0 images and 0 dead letters.\nNothing was amiss.\n',
  );
});

test('what was found is listed and counted, and nothing of it is obeyed by the terminal', () => {
  const finding = { kind: 'taken-up', subject: 's3://b/\u001b[2J.img', why: 'It has no record.' } as const;
  const counts = { ...NOTHING, drops: 3, findings: { 'taken-up': 2 } };
  expect(report({ dryRun: true, complete: false, run: { ...run, counts, findings: [finding] }, reconciliation })).toBe(
    [
      's3://b/\\u001b[2J.img: would be processed. It has no record.',
      'Looked at 3 drops, 0 records, 0 images and 0 dead letters.',
      '2 × would be processed',
      'The run was over before the end; the next one goes on from there.',
      '',
    ].join('\n'),
  );
});
