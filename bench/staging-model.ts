/**
 * What staging takes on AWS, by arithmetic: how a file is cut is the function's own code, how long and how dear the rest
 * is stands here. docs/routes.md shows the table.
 */
import { cutFor, missingChunks } from '../lambda/model/staging.ts';

/** AWS Lambda's network at 1,769 MB: 60 to 75 MB/s, in and out at the same time; the lower end. */
const BYTES_PER_SECOND = 60e6;

/**
 * What a chunk takes beside its bytes and listings. The shortest invocation of `npm run test:heavy`, which copies nothing,
 * takes 0.2 s; on AWS the services are farther away.
 */
const SECONDS_PER_CHUNK = 0.3;

/** A request to object storage in the same part of the world. */
const SECONDS_PER_LISTING = 0.05;

/** S3 and OBS list a thousand parts at a time. */
const PARTS_PER_LISTING = 1000;

/** Messages go out sixteen at a time, in some 20 ms (steps/stage-image.ts). */
const SECONDS_PER_MESSAGE = 0.02 / 16;

/** The first look, the completion of ten thousand parts, and the request to the image service. */
const SECONDS_AROUND = 10;

/** Prices of us-east-1 in dollars: Lambda on Arm, Amazon SQS, Amazon S3, transfer out to the internet. */
const PRICES = {
  lambdaGbSecond: 0.0000133334,
  lambdaRequest: 0.2e-6,
  sqsRequest: 0.4e-6,
  s3Get: 0.4e-6,
  s3Put: 5e-6,
  transferGb: 0.09,
};

/** Receive, delete and one extension of the visibility; and the sending. */
const SQS_REQUESTS_PER_CHUNK = 4;

/** The default memory of stream-upload. */
const FUNCTION_GB = 1769 / 1024;

export interface StagingEstimate {
  readonly chunks: number;
  readonly parts: number;
  readonly seconds: number;
  /** Dollars, without the transfer to another cloud. */
  readonly cost: number;
  /** Dollars for the transfer out of AWS. */
  readonly transfer: number;
  /** To the object storage of the image service: parts that are stored, and listings. */
  readonly storageRequests: number;
}

export function estimateStaging(bytes: number, functions: number): StagingEstimate {
  const cut = cutFor(bytes);
  const chunks = missingChunks({ bytes, ...cut }, new Set()).length;
  const parts = Math.ceil(bytes / cut.partBytes);
  // Each chunk lists what it lacks, and then all that is stored: half of the parts on average.
  const listings = 1 + Math.ceil(parts / 2 / PARTS_PER_LISTING);
  const chunkBytes = cut.partBytes * cut.partsPerChunk;
  const chunkSeconds = chunkBytes / BYTES_PER_SECOND + SECONDS_PER_CHUNK + listings * SECONDS_PER_LISTING;
  const seconds = Math.ceil(chunks / functions) * chunkSeconds + chunks * SECONDS_PER_MESSAGE + SECONDS_AROUND;
  const working = chunks * chunkSeconds * FUNCTION_GB * PRICES.lambdaGbSecond + chunks * PRICES.lambdaRequest;
  // A note of progress every five seconds at most, as a GET and a PUT of the record.
  const records = (seconds / 5) * (PRICES.s3Get + PRICES.s3Put);
  const requests = parts * PRICES.s3Get + chunks * SQS_REQUESTS_PER_CHUNK * PRICES.sqsRequest + records;
  return {
    chunks,
    parts,
    seconds,
    cost: working + requests,
    transfer: (bytes / 1e9) * PRICES.transferGb,
    storageRequests: parts + chunks * listings,
  };
}

const SIZES = [
  ['100 GB', 100e9],
  ['1 TB', 1e12],
] as const;
const FUNCTIONS = [1, 10, 100, 500] as const;

/** As docs/routes.md shows it. */
export function stagingTable(): readonly string[] {
  return SIZES.flatMap(([name, bytes]) =>
    FUNCTIONS.map((functions) => {
      const { chunks, seconds, cost, transfer, storageRequests } = estimateStaging(bytes, functions);
      const cells = [name, functions, chunks, duration(seconds), storageRequests, dollars(cost), dollars(transfer)];
      return `| ${cells.join(' | ')} |`;
    }),
  );
}

function duration(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

const dollars = (amount: number): string => `$${amount.toFixed(2)}`;
