import { Metrics } from '@aws-lambda-powertools/metrics';
import { expect, jest, test } from '@jest/globals';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { pauseAfter } from '../../lambda/model/target-pause.ts';
import { functionMetrics } from '../../lambda/runtime/metrics.ts';
import { deployed } from './stack-under-test.ts';

/** The names and dimensions under which CloudWatch finds what a function writes. */
function written() {
  const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  const busy = new ImageDropError('endpoint-busy', 'Busy.');
  functionMetrics(new Metrics({ namespace: 'ImageDrop', serviceName: 'imagedrop' })).countPause(
    pauseAfter(undefined, { target: 'mycloud', stage: 'upload' }, busy, new Date(0)),
  );
  const [line] = write.mock.calls.map(([text]) => JSON.parse(String(text)));
  write.mockRestore();
  return line;
}

test('each target has one alarm, on what the functions count of its pauses', () => {
  const { _aws, service, target, TargetPaused } = written();
  const [metric] = _aws.CloudWatchMetrics;
  expect(TargetPaused).toBe(1);
  const { template } = deployed();
  const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm'))
    .map(({ Properties }) => Properties)
    .filter(({ MetricName }) => MetricName === 'TargetPaused');
  expect(alarms).toEqual([
    expect.objectContaining({
      Namespace: metric.Namespace,
      MetricName: metric.Metrics[0].Name,
      Dimensions: [
        { Name: 'service', Value: service },
        { Name: 'target', Value: target },
      ],
      // Drops that wait come back within 15 minutes, and count each time.
      EvaluationPeriods: 4,
      DatapointsToAlarm: 2,
    }),
  ]);
  expect(metric.Dimensions).toEqual([['service', 'target']]);
});
