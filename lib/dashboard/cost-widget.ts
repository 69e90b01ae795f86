import { Duration } from 'aws-cdk-lib';
import { GraphWidget, type IMetric, type IWidget, MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Prices } from './prices.ts';
import type { Watched } from './watched.ts';

const DAY = Duration.days(1);
const SUM = { statistic: Stats.SUM, period: DAY };
/** AWS bills memory, traffic and storage by GB of 2^30 bytes. */
const GB = 2 ** 30;
/** Of a month, as AWS divides a price for it. */
const DAYS = 30;

/** Something that is billed: a metric, and what one of its units costs. */
interface Billed {
  readonly metric: IMetric;
  readonly price: number;
}

/** What each day has cost, by what it was for; an estimate from list prices, without requests to S3 and fixed costs. */
export function costWidget(watched: Watched, prices: Required<Prices>): IWidget {
  const costs = {
    compute: computeOf(watched, prices),
    'data transfer': watched.targets.map(({ metrics }) => ({
      metric: metrics.metric('BytesMoved', SUM),
      price: prices.transferGb / GB,
    })),
    queues: queuesOf(watched).flatMap((queue) => requestsTo(queue, prices)),
    logs: Object.values(watched.functions).map(({ function: { logGroup } }) => ({
      metric: new Metric({
        namespace: 'AWS/Logs',
        metricName: 'IncomingBytes',
        dimensionsMap: { LogGroupName: logGroup.logGroupName },
        ...SUM,
      }),
      price: prices.logsGb / GB,
    })),
    storage: Object.values(watched.buckets).map(({ bucketName }) => ({
      metric: new Metric({
        namespace: 'AWS/S3',
        metricName: 'BucketSizeBytes',
        dimensionsMap: { BucketName: bucketName, StorageType: 'StandardStorage' },
        statistic: Stats.AVERAGE,
        period: DAY,
      }),
      price: prices.storageGbMonth / DAYS / GB,
    })),
  };
  return new GraphWidget({
    title: 'Cost of each day in US dollars, estimated from list prices',
    width: 24,
    stacked: true,
    left: Object.entries(costs).map(([label, billed], index) => totalOf(label, `c${index}`, billed)),
    leftYAxis: { min: 0 },
  });
}

function computeOf({ functions }: Watched, prices: Required<Prices>): Billed[] {
  return Object.values(functions).flatMap(({ function: { function: fn }, memorySize }) => [
    // Milliseconds.
    { metric: fn.metricDuration(SUM), price: ((memorySize / 1024) * prices.lambdaGbSecond) / 1000 },
    { metric: fn.metricInvocations(SUM), price: prices.lambdaMillionRequests / 1e6 },
  ]);
}

const queuesOf = ({ queues }: Watched): Queue[] => Object.values(queues).map(({ queue }) => queue);

/** Requests that carry ten messages cost as one; those that the functions make carry one, but for receipts. */
function requestsTo(queue: Queue, { sqsMillionRequests }: Required<Prices>): Billed[] {
  const metrics = [
    queue.metricNumberOfMessagesSent(SUM),
    queue.metricNumberOfMessagesReceived(SUM),
    queue.metricNumberOfMessagesDeleted(SUM),
    queue.metricNumberOfEmptyReceives(SUM),
  ];
  return metrics.map((metric) => ({ metric, price: sqsMillionRequests / 1e6 }));
}

/** @param id of the names in the expression: they are shared by all expressions of a widget */
function totalOf(label: string, id: string, billed: readonly Billed[]): MathExpression {
  const names = billed.map((_, index) => `${id}m${index}`);
  // A metric that has no figures on a day would leave the sum without any.
  const terms = billed.map(({ price }, index) => `FILL(${names[index]}, 0) * ${price.toFixed(18)}`);
  return new MathExpression({
    expression: terms.join(' + '),
    usingMetrics: Object.fromEntries(billed.map(({ metric }, index) => [`${id}m${index}`, metric])),
    label,
    period: DAY,
  });
}
