import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';

/** Where alarms go, and what their text links to. */
export interface AlarmNotice {
  /** Notified of every alarm; undefined: no one is. */
  readonly topic: ITopic | undefined;
  /** Address of the runbook. */
  readonly runbookUrl: string;
}

export interface OperatorAlarmProps {
  readonly metric: IMetric;
  /** Raised at this value or above. @default 1 */
  readonly threshold?: number;
  /** @default 1 */
  readonly evaluationPeriods?: number;
  /** @default all of them */
  readonly datapointsToAlarm?: number;
  /** What has happened, in sentences. */
  readonly meaning: string;
  readonly runbook: RunbookSection;
  readonly notice: AlarmNotice;
}

/** An alarm that says what it means, and where it is written what to do. */
export class OperatorAlarm extends Alarm {
  constructor(scope: Construct, id: string, props: OperatorAlarmProps) {
    const { metric, threshold = 1, evaluationPeriods = 1, datapointsToAlarm, meaning, runbook, notice } = props;
    super(scope, id, {
      metric,
      threshold,
      evaluationPeriods,
      ...(datapointsToAlarm !== undefined && { datapointsToAlarm }),
      alarmDescription: `${meaning} What to do: ${runbookLink(notice.runbookUrl, runbook)}`,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      // An idle queue or function has no figures.
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    if (notice.topic !== undefined) this.addAlarmAction(new SnsAction(notice.topic));
  }
}

/** The sections of docs/runbook.md that alarms lead to, by what has happened. */
export const RUNBOOK_SECTIONS = {
  deadLetters: 'dead-letters',
  oldestMessage: 'oldest-message',
  functionErrors: 'function-errors',
  reconcileErrors: 'reconcile-errors',
  targetPaused: 'target-paused',
} as const;

export type RunbookSection = keyof typeof RUNBOOK_SECTIONS;

/** The path of the page in the package. */
export const RUNBOOK_PAGE = 'docs/runbook.md';

/** @param page address of the runbook */
export function runbookLink(page: string, section: RunbookSection): string {
  return `${page}#${RUNBOOK_SECTIONS[section]}`;
}
