import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';

/** Where alarms go, and what their text links to. */
export interface AlarmNotice {
  /** Notified when an alarm begins and when it ends. */
  readonly topics: readonly ITopic[];
  /** Address of the runbook. */
  readonly runbookUrl: string;
}

export interface OperatorAlarmProps {
  readonly metric: IMetric;
  /** Raised at this value or above. @default 1 */
  readonly threshold?: number;
  /** Raised instead when the metric is below 1 or has no figure. @default false - an idle queue or function has none */
  readonly raisedByAbsence?: boolean;
  /** Keeps its state where the metric has no figure: reconcile writes one in each run, at times that are not those of periods. */
  readonly keptByAbsence?: boolean;
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
    const {
      metric,
      threshold = 1,
      raisedByAbsence = false,
      keptByAbsence = false,
      evaluationPeriods = 1,
      datapointsToAlarm,
    } = props;
    const { meaning, runbook, notice } = props;
    const onAbsence = raisedByAbsence ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING;
    super(scope, id, {
      metric,
      threshold,
      evaluationPeriods,
      ...(datapointsToAlarm !== undefined && { datapointsToAlarm }),
      alarmDescription: `${meaning} What to do: ${runbookLink(notice.runbookUrl, runbook)}`,
      comparisonOperator: raisedByAbsence
        ? ComparisonOperator.LESS_THAN_THRESHOLD
        : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: keptByAbsence ? TreatMissingData.IGNORE : onAbsence,
    });
    for (const topic of notice.topics) {
      this.addAlarmAction(new SnsAction(topic));
      this.addOkAction(new SnsAction(topic));
    }
  }
}

/** The sections of docs/runbook.md that alarms lead to, by what has happened. */
export const RUNBOOK_SECTIONS = {
  deadLetters: 'dead-letters',
  oldestMessage: 'oldest-message',
  functionErrors: 'function-errors',
  throttles: 'throttles',
  reconcileErrors: 'reconcile-errors',
  reconcileFindings: 'reconcile-findings',
  reconcileStopped: 'reconcile-stopped',
  withoutProgress: 'records-without-progress',
  targetPaused: 'target-paused',
} as const;

export type RunbookSection = keyof typeof RUNBOOK_SECTIONS;

/** The path of the page in the package. */
export const RUNBOOK_PAGE = 'docs/runbook.md';

/** @param page address of the runbook */
function runbookLink(page: string, section: RunbookSection): string {
  return `${page}#${RUNBOOK_SECTIONS[section]}`;
}
