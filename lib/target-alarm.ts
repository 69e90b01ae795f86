import { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric, type MetricProps, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { METRICS, METRICS_SERVICE, type MetricDimension, type MetricName } from '../lambda/model/metrics.ts';
import { type AlarmNotice, OperatorAlarm } from './operator-alarm.ts';

const PERIOD = Duration.minutes(5);
/**
 * Paused in two of four periods: a service that restarts, or is busy for a moment, raises no alarm. A drop that waits comes
 * back after 15 minutes at the latest, and counts each time.
 */
const PERIODS = 4;
const PERIODS_TO_ALARM = 2;

export interface TargetAlarmProps {
  /** Name of the target. */
  readonly target: string;
  readonly metricsNamespace: string;
  readonly notice: AlarmNotice;
}

/** The one alarm of a target that has no room or does not answer, however many drops wait for it. */
export class TargetAlarm extends Construct {
  constructor(scope: Construct, id: string, { target, metricsNamespace, notice }: TargetAlarmProps) {
    super(scope, id);
    const metrics = new TargetMetrics(metricsNamespace, target);
    new OperatorAlarm(this, 'Alarm', {
      metric: metrics.metric('TargetPaused', { period: PERIOD, statistic: Stats.SUM }),
      evaluationPeriods: PERIODS,
      datapointsToAlarm: PERIODS_TO_ALARM,
      meaning: `The target ${target} has no room or does not answer, and all its drops wait: targets/${target}.json in the status bucket says what it answers. They continue automatically once it is fixed.`,
      runbook: 'targetPaused',
      notice,
    });
  }
}

/** Finds the metrics that the functions write, for one target. */
export class TargetMetrics {
  readonly #namespace: string;
  readonly #target: string;

  /** @param namespace the functions' POWERTOOLS_METRICS_NAMESPACE */
  constructor(namespace: string, target: string) {
    this.#namespace = namespace;
    this.#target = target;
  }

  /** A metric whose only dimension is the target. */
  metric(metricName: MetricName, options: Pick<MetricProps, 'statistic' | 'period' | 'label'>): Metric {
    const dimensionsMap = { service: METRICS_SERVICE, target: this.#target };
    return new Metric({ namespace: this.#namespace, metricName, dimensionsMap, ...options });
  }

  /**
   * A metric with one more dimension, for each of its values that was written in the last two weeks (CloudWatch user
   * guide, "Use search expressions in graphs").
   */
  each(name: MetricName, dimension: MetricDimension, statistic: string, period: Duration): MathExpression {
    const schema = [quoted(this.#namespace), 'service', ...METRICS[name].dimensions].join(',');
    const terms = `MetricName="${name}" service="${METRICS_SERVICE}" target="${this.#target}"`;
    return new MathExpression({
      expression: `SEARCH('{${schema}} ${terms}', '${statistic}', ${period.toSeconds()})`,
      label: `\${PROP('Dim.${dimension}')}`,
      period,
    });
  }
}

/** A name in a search expression: quoted where it holds more than letters, digits, `_` and `/`. */
const quoted = (name: string): string => (/^[\w/]+$/.test(name) ? name : `"${name}"`);
