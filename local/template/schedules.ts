import type { Properties } from './properties.ts';
import { TemplateError } from './properties.ts';
import type { StackTemplate } from './stack-template.ts';

export interface SchedulePlan {
  readonly name: string;
  readonly arn: string;
  readonly source: 'aws.events' | 'aws.scheduler';
  readonly everySeconds: number;
  readonly targets: readonly TargetPlan[];
}

export interface TargetPlan {
  /** A function or a queue. */
  readonly arn: string;
  /** JSON; undefined sends the event that describes the schedule. */
  readonly input: string | undefined;
  /** Whose permission it takes; undefined where the target's own resource policy decides. */
  readonly roleArn: string | undefined;
}

export function readSchedules(template: StackTemplate): SchedulePlan[] {
  return [...template.resources('AWS::Events::Rule').map(readRule), ...readSchedulerSchedules(template)].filter(
    (schedule) => schedule !== undefined,
  );
}

type Resource = ReturnType<StackTemplate['resources']>[number];

function readRule({ identity, properties }: Resource): SchedulePlan | undefined {
  properties.refuse('EventPattern');
  if (properties.optionalString('State') === 'DISABLED') return undefined;
  return {
    name: String(identity.Ref),
    arn: String(identity.Arn),
    source: 'aws.events',
    everySeconds: rateSeconds(properties),
    targets: properties.objects('Targets').map((target) => {
      target.refuse('InputTransformer', 'InputPath');
      return readTarget(target);
    }),
  };
}

function readSchedulerSchedules(template: StackTemplate): (SchedulePlan | undefined)[] {
  return template.resources('AWS::Scheduler::Schedule').map(({ identity, properties }) => {
    properties.refuse('StartDate', 'EndDate');
    if (properties.optionalString('State') === 'DISABLED') return undefined;
    return {
      name: String(identity.Ref),
      arn: String(identity.Arn),
      source: 'aws.scheduler',
      everySeconds: rateSeconds(properties),
      targets: [readTarget(properties.object('Target'))],
    };
  });
}

function readTarget(target: Properties): TargetPlan {
  const arn = target.string('Arn');
  if (!/^arn:aws:(lambda|sqs):/.test(arn)) {
    throw new TemplateError(`${target.where} is ${arn}; the local stack schedules functions and queues only`);
  }
  return { arn, input: target.optionalString('Input'), roleArn: target.optionalString('RoleArn') };
}

const SECONDS = { minute: 60, hour: 3600, day: 86_400 } as const;
/** setInterval counts milliseconds in 32 bits and fires at once beyond them. */
const MAX_RATE_SECONDS = Math.floor((2 ** 31 - 1) / 1000);

/** `rate(15 minutes)` ("Schedule types in EventBridge Scheduler"). */
function rateSeconds(properties: Properties): number {
  const expression = properties.string('ScheduleExpression');
  const [, count, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  if (count === undefined || unit === undefined) {
    throw new TemplateError(`${properties.where} runs at ${expression}; the local stack knows rate(…) only`);
  }
  const seconds = Number(count) * SECONDS[unit as keyof typeof SECONDS];
  if (seconds > 0 && seconds <= MAX_RATE_SECONDS) return seconds;
  throw new TemplateError(
    `${properties.where} runs at ${expression}; the local stack knows rates of 1 minute to 24 days`,
  );
}
