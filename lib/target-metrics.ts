import type { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric, type MetricProps } from 'aws-cdk-lib/aws-cloudwatch';
import { METRICS, METRICS_SERVICE, type MetricDimension, type MetricName } from '../lambda/model/metrics.ts';

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
