import type { Assembly } from './assembly.ts';
import { readBuckets } from './buckets.ts';
import { readFunctions, readMappings, readRoles } from './functions.ts';
import { readQueues, readSubscriptions, readTopics } from './messaging.ts';
import { readSchedules } from './schedules.ts';
import { readSecrets } from './secrets.ts';
import { StackTemplate } from './stack-template.ts';

/** All that a template asks to be run, resolved and checked. */
export type StackPlan = ReturnType<typeof readPlan>;

/** @throws TemplateError when the template asks for something that cannot run here */
export function readPlan(assembly: Assembly, options: { readonly stackName: string; readonly gateUrl: string }) {
  const template = new StackTemplate(assembly, options);
  return {
    buckets: readBuckets(template),
    queues: readQueues(template),
    topics: readTopics(template),
    subscriptions: readSubscriptions(template),
    functions: readFunctions(template, assembly),
    mappings: readMappings(template),
    roles: readRoles(template),
    secrets: readSecrets(template),
    schedules: readSchedules(template),
    outputs: template.outputs(),
  };
}
