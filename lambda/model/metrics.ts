import type { RecordStatus } from './record.ts';

/**
 * The metrics that the functions write, by name. Each costs as much as CloudWatch has values of its dimensions in an
 * hour (docs/metrics.md): a dimension is what somebody would draw or be called for, and nothing that grows with drops.
 */
interface MetricKind {
  readonly unit: 'Count' | 'Bytes' | 'Bytes/Second' | 'Milliseconds';
  /** Besides `service`, which is METRICS_SERVICE everywhere. */
  readonly dimensions: readonly MetricDimension[];
}

export type MetricDimension = 'target' | 'code' | 'call' | 'status' | 'stage';

const BY_TARGET = ['target'] as const;

export const METRICS = {
  DropsReceived: { unit: 'Count', dimensions: BY_TARGET },
  DropsUnpacking: { unit: 'Count', dimensions: BY_TARGET },
  DropsCreated: { unit: 'Count', dimensions: BY_TARGET },
  DropsUploading: { unit: 'Count', dimensions: BY_TARGET },
  DropsProcessing: { unit: 'Count', dimensions: BY_TARGET },
  DropsActive: { unit: 'Count', dimensions: BY_TARGET },
  DropsFailed: { unit: 'Count', dimensions: BY_TARGET },
  DropsSuperseded: { unit: 'Count', dimensions: BY_TARGET },
  DropFailures: { unit: 'Count', dimensions: ['target', 'code'] },
  BytesActive: { unit: 'Bytes', dimensions: BY_TARGET },
  BytesMoved: { unit: 'Bytes', dimensions: BY_TARGET },
  UploadRate: { unit: 'Bytes/Second', dimensions: BY_TARGET },
  TargetPaused: { unit: 'Count', dimensions: BY_TARGET },
  ReconcileErrors: { unit: 'Count', dimensions: [] },
  RecordsWithoutProgress: { unit: 'Count', dimensions: [] },
  DeadLettersOpen: { unit: 'Count', dimensions: ['stage'] },
  EndpointLatency: { unit: 'Milliseconds', dimensions: ['target', 'call'] },
  EndpointAnswers: { unit: 'Count', dimensions: ['target', 'status'] },
} as const satisfies Record<string, MetricKind>;

export type MetricName = keyof typeof METRICS;

/** The value of the dimension `service`, the same for all functions: with the function's own name each metric would cost as often as functions write it. */
export const METRICS_SERVICE = 'imagedrop';

export const DROPS_BY_STATUS: Readonly<Record<RecordStatus, MetricName>> = {
  received: 'DropsReceived',
  unpacking: 'DropsUnpacking',
  created: 'DropsCreated',
  uploading: 'DropsUploading',
  processing: 'DropsProcessing',
  active: 'DropsActive',
  failed: 'DropsFailed',
  superseded: 'DropsSuperseded',
};

/** What is asked of an image endpoint: a few names for calls, so that each has a latency of its own. */
export const ENDPOINT_CALLS = [
  'authenticate',
  'discover',
  'create',
  'show',
  'list',
  'upload',
  'import',
  'register',
  'release',
  'share',
  'job',
  'delete',
] as const;
export type EndpointCall = (typeof ENDPOINT_CALLS)[number];

/** One answer of an image endpoint. */
export interface EndpointAnswer {
  readonly target: string;
  readonly call: EndpointCall;
  /** HTTP; undefined when there was no answer. */
  readonly status: number | undefined;
  readonly milliseconds: number;
}

/** Bytes that one invocation has brought from the bucket to a target or its object storage. */
export interface MovedBytes {
  readonly record: string;
  readonly target: string;
  readonly bytes: number;
  readonly bytesPerSecond: number;
}

/** An answer as the dimension `status` has it: what went well costs one metric for its class; what did not has its own. */
export function statusClass(status: number | undefined): string {
  if (status === undefined) return 'none';
  return status < 400 ? `${Math.floor(status / 100)}xx` : String(status);
}
