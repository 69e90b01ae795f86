import { Duration } from 'aws-cdk-lib';
import { GraphWidget, type IWidget, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { DROPS_BY_STATUS } from '../../lambda/model/metrics.ts';
import { RECORD_STATUSES } from '../../lambda/model/record.ts';
import type { WatchedTarget } from './watched.ts';

const PERIOD = Duration.minutes(5);
const SUM = { statistic: Stats.SUM, period: PERIOD };
/** Three in a row of CloudWatch's 24 columns. */
const WIDTH = 8;

/** The drops of one target, and how it answers. */
export function targetWidgets({ name, metrics }: WatchedTarget): IWidget[] {
  return [
    new GraphWidget({
      title: `${name}: drops by their new state`,
      width: WIDTH,
      stacked: true,
      left: RECORD_STATUSES.map((status) => metrics.metric(DROPS_BY_STATUS[status], { ...SUM, label: status })),
      leftYAxis: { min: 0 },
    }),
    new GraphWidget({
      title: `${name}: bytes`,
      width: WIDTH,
      left: [
        metrics.metric('BytesMoved', { ...SUM, label: 'moved' }),
        metrics.metric('BytesActive', { ...SUM, label: 'active and verified' }),
      ],
      leftYAxis: { min: 0 },
    }),
    new GraphWidget({
      title: `${name}: rate of one upload, bytes per second`,
      width: WIDTH,
      left: [
        metrics.metric('UploadRate', { statistic: Stats.AVERAGE, period: PERIOD, label: 'average' }),
        metrics.metric('UploadRate', { statistic: Stats.MINIMUM, period: PERIOD, label: 'slowest' }),
      ],
      leftYAxis: { min: 0 },
    }),
    new GraphWidget({
      title: `${name}: failures by code`,
      width: WIDTH,
      stacked: true,
      left: [metrics.each('DropFailures', 'code', Stats.SUM, PERIOD)],
      right: [metrics.metric('TargetPaused', { ...SUM, label: 'paused' })],
      leftYAxis: { min: 0 },
      rightYAxis: { min: 0 },
    }),
    new GraphWidget({
      title: `${name}: endpoint latency by call, p90, milliseconds`,
      width: WIDTH,
      left: [metrics.each('EndpointLatency', 'call', Stats.percentile(90), PERIOD)],
      leftYAxis: { min: 0 },
    }),
    new GraphWidget({
      title: `${name}: endpoint answers by status`,
      width: WIDTH,
      stacked: true,
      left: [metrics.each('EndpointAnswers', 'status', Stats.SUM, PERIOD)],
      leftYAxis: { min: 0 },
    }),
  ];
}
