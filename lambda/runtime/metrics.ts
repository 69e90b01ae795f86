import { Metrics } from '@aws-lambda-powertools/metrics';
import { dropIdIn } from '../model/drop.ts';
import {
  DROPS_BY_STATUS,
  type EndpointAnswer,
  METRICS,
  METRICS_SERVICE,
  type MetricDimension,
  type MetricName,
  type MovedBytes,
  statusClass,
} from '../model/metrics.ts';
import type { DropRecord } from '../model/record.ts';
import type { TargetPause } from '../model/target-pause.ts';

/** What a function counts; the names stand in model/metrics.ts. */
export interface FunctionMetrics {
  /** A record has its new status. */
  countStatus(key: string, record: DropRecord): void;
  countMoved(moved: MovedBytes): void;
  countReconcileErrors(errors: number): void;
  countWithoutProgress(records: number): void;
  countOpenLetters(stage: string, letters: number): void;
  /** A pause begins, or puts a drop off. */
  countPause(pause: TargetPause): void;
  /** Kept until `flush`: there are many calls, and each line of the log costs. */
  countAnswer(answer: EndpointAnswer): void;
  /** Writes what is kept; to be called at the end of each invocation. */
  flush(): void;
}

type Dimensions = Readonly<Partial<Record<MetricDimension, string>>>;
type Values = Readonly<Partial<Record<MetricName, readonly number[]>>>;

/** Powertools publishes automatically at 100 values of one metric, and forgets the dimensions with that. */
const MAX_VALUES = 99;

/**
 * Writes metrics in the embedded metric format (CloudWatch user guide, "Specification: Embedded metric format"): lines of
 * the function's log, in the namespace of POWERTOOLS_METRICS_NAMESPACE.
 */
export function functionMetrics(metrics: Metrics = new Metrics({ serviceName: METRICS_SERVICE })): FunctionMetrics {
  const answers = new KeptAnswers();
  const write = (dimensions: Dimensions, values: Values, fields: Readonly<Record<string, string>> = {}): void => {
    for (const [name, value] of Object.entries(dimensions)) metrics.addDimension(name, value);
    // Fields of the line, by which it is found; they cost nothing, unlike dimensions.
    for (const [name, value] of Object.entries(fields)) metrics.addMetadata(name, value);
    for (const [name, each] of entriesOf(values)) {
      for (const value of each) metrics.addMetric(name, METRICS[name].unit, value);
    }
    metrics.publishStoredMetrics();
  };
  return {
    countStatus(key, { status, target, drop, packed, member, error }) {
      const line = { record: key, dropId: drop.id };
      const bytes = status === 'active' ? { BytesActive: [packed?.unpackedBytes ?? member?.bytes ?? drop.size] } : {};
      write({ target }, { [DROPS_BY_STATUS[status]]: [1], ...bytes }, line);
      if (status === 'failed' && error) write({ target, code: error.code }, { DropFailures: [1] }, line);
    },
    countMoved({ record, target, bytes, bytesPerSecond }) {
      const line = { record, ...dropIdIn(record) };
      write({ target }, { BytesMoved: [bytes], UploadRate: [bytesPerSecond] }, line);
    },
    countReconcileErrors: (errors) => write({}, { ReconcileErrors: [errors] }),
    countWithoutProgress: (records) => write({}, { RecordsWithoutProgress: [records] }),
    countOpenLetters: (stage, letters) => write({ stage }, { DeadLettersOpen: [letters] }),
    countPause: ({ target }) => write({ target }, { TargetPaused: [1] }),
    countAnswer: (answer) => answers.add(answer),
    flush() {
      for (const { dimensions, values } of answers.take()) write(dimensions, values);
    },
  };
}

const entriesOf = (values: Values) => Object.entries(values) as [MetricName, readonly number[]][];

/** The answers of one invocation: latencies by call, a count for each status. */
class KeptAnswers {
  #answers: EndpointAnswer[] = [];

  add(answer: EndpointAnswer): void {
    this.#answers.push(answer);
  }

  *take(): Generator<{ readonly dimensions: Dimensions; readonly values: Values }> {
    const answers = this.#answers;
    this.#answers = [];
    // An upload lasts as long as its bytes: its rate says more.
    const timed = answers.filter(({ call }) => call !== 'upload');
    for (const group of Object.values(Object.groupBy(timed, ({ target, call }) => `${call} ${target}`))) {
      const [first] = group ?? [];
      if (group === undefined || first === undefined) continue;
      const { target, call } = first;
      const milliseconds = group.map((answer) => Math.round(answer.milliseconds));
      for (let from = 0; from < milliseconds.length; from += MAX_VALUES) {
        const EndpointLatency = milliseconds.slice(from, from + MAX_VALUES);
        yield { dimensions: { target, call }, values: { EndpointLatency } };
      }
    }
    for (const group of Object.values(Object.groupBy(answers, (one) => `${statusClass(one.status)} ${one.target}`))) {
      const [first] = group ?? [];
      if (group === undefined || first === undefined) continue;
      const dimensions = { target: first.target, status: statusClass(first.status) };
      yield { dimensions, values: { EndpointAnswers: [group.length] } };
    }
  }
}
