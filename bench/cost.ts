import type { Part, Row } from './measure/row.ts';
import { summary } from './measure/samples.ts';
import type { RouteRequests } from './requests/measure-requests.ts';

/** AWS' list prices of us-east-1 in dollars, for Lambda on ARM. */
const PRICES = {
  lambdaGbSecond: 0.000_013_333_4,
  lambdaRequest: 0.000_000_2,
  s3Write: 0.000_005,
  s3Read: 0.000_000_4,
  /** SQS and SNS alike. */
  message: 0.000_000_4,
  /** Out of AWS. */
  egressGb: 0.09,
};

/** GB of memory that is paid for; README.md, defaults of the construct. */
const MEMORY_GB = { createMetadata: 0.5, streamUpload: 1.728, recordStatus: 0.25 };

/** A request to S3 or SQS takes some 30 ms, one to a cloud elsewhere 100 ms. */
const AWS_REQUEST_SECONDS = 0.03;
const CLOUD_REQUEST_SECONDS = 0.1;

/** What a function of that memory gets from the network; here it would be several times as fast. */
const BYTES_PER_SECOND = 75e6;

/** What Lambda asks of its queues for a message: three messages are received and deleted. */
const QUEUE_REQUESTS = 6;

/** Which share of its requests each function makes; tags and outcome are the last one's. */
const SHARES = { createMetadata: 0.4, streamUpload: 0.35, recordStatus: 0.25 };

export interface Cost {
  readonly route: string;
  readonly perDrop: number;
  /** Of the bytes: time of the function that moves them. Egress comes on top. */
  readonly perGb: number;
}

/** What a drop costs on AWS, computed from the requests that were counted. It has not been run there. */
export function costs(routes: readonly RouteRequests[]): Part & { readonly costs: readonly Cost[] } {
  const computed = routes.map(costOf);
  const rows = computed.flatMap(({ route, perDrop, perGb }): Row[] => [
    {
      measure: `cost per 10,000 drops, route ${route}`,
      who: 'computed',
      unit: '$',
      value: summary([perDrop * 10_000]),
    },
    {
      measure: `cost per TB, route ${route}`,
      who: 'computed, without egress',
      unit: '$',
      value: summary([perGb * 1000]),
    },
  ]);
  const notes = [`Egress from AWS costs $${PRICES.egressGb * 1000} per TB on top, whoever moves the bytes.`];
  return { rows, notes, details: computed, costs: computed };
}

function costOf({ route, perDrop }: RouteRequests): Cost {
  const sum = (pattern: RegExp) =>
    Object.entries(perDrop).reduce((total, [name, count]) => total + (pattern.test(name) ? count : 0), 0);
  const reads = sum(/^S3 (GET|HEAD)/);
  const writes = sum(/^S3 (PUT|POST|DELETE)/);
  const messages = sum(/^(SQS|SNS)/);
  const cloud = sum(/^(cloud|object storage)/);
  const waiting = (reads + writes + messages) * AWS_REQUEST_SECONDS + cloud * CLOUD_REQUEST_SECONDS;
  const gbSeconds = Object.entries(SHARES).reduce(
    (total, [name, share]) => total + waiting * share * MEMORY_GB[name as keyof typeof MEMORY_GB],
    0,
  );
  const requests = reads * PRICES.s3Read + writes * PRICES.s3Write + (messages + QUEUE_REQUESTS) * PRICES.message;
  return {
    route,
    perDrop: requests + gbSeconds * PRICES.lambdaGbSecond + 3 * PRICES.lambdaRequest,
    perGb: (1e9 / BYTES_PER_SECOND) * MEMORY_GB.streamUpload * PRICES.lambdaGbSecond,
  };
}
