import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { synthesize } from '../../bin/start/synthesize.ts';

export const SECRET = 'imagedrop/clouds.yaml';
export const STACK = 'ImageDrop';

export interface Times {
  readonly timeoutSeconds: number;
  /** Absent where the function has no queue. */
  readonly visibilitySeconds?: number;
}

/**
 * The functions' time-outs, shorter than what is deployed so that a run sees them end, and their messages' visibility.
 * By the part of the logical id that names the stage of function and queue.
 */
const TIMES: Readonly<Record<string, Times>> = {
  'CreateMetadata|Ingest': { timeoutSeconds: 30, visibilitySeconds: 40 },
  // Longer than a lease: one that stands still wakes up when another has taken over.
  'UnpackImage|Unpack': { timeoutSeconds: 90, visibilitySeconds: 95 },
  'StreamUpload|Upload': { timeoutSeconds: 90, visibilitySeconds: 95 },
  'RecordStatus|Status': { timeoutSeconds: 30, visibilitySeconds: 40 },
  Reconcile: { timeoutSeconds: 90 },
};

/** Soon, so that a run sees what was lost found again. */
const RECONCILE = { everyMinutes: 1, lostAfterSeconds: 20, deleteOrphanedImages: true };

/** Of the drop bucket: the stack's own has versions, one that is brought along may have none. */
export const VERSIONINGS = ['enabled', 'suspended', 'off'] as const;
export type Versioning = (typeof VERSIONINGS)[number];

interface Template {
  readonly Resources: Record<string, { readonly Type: string; readonly Properties: Record<string, unknown> }>;
}

export interface AssemblyOptions {
  readonly targets: Readonly<Record<string, object>>;
  readonly versioning: Versioning;
}

/** Synthesizes what would be deployed, and changes nothing in it but the times, the schedule and the versioning. */
export async function chaosAssembly(folder: string, { targets, versioning }: AssemblyOptions): Promise<void> {
  await synthesize(folder, { targets, cloudsYamlSecret: SECRET, reconcile: RECONCILE });
  const file = join(folder, `${STACK}.template.json`);
  const text = await readFile(file, 'utf8');
  const template: Template = JSON.parse(versioning === 'off' ? withoutVersions(text) : text);
  for (const [stage, times] of Object.entries(TIMES)) setTimes(template, new RegExp(`^ImageDrop(${stage})`), times);
  withoutSchedules(template);
  if (versioning !== 'enabled') setVersioning(template, versioning === 'off' ? undefined : { Status: 'Suspended' });
  await writeFile(file, JSON.stringify(template));
}

/** A run invokes reconcile itself, or leaves it. */
function withoutSchedules({ Resources }: Template): void {
  for (const [logicalId, { Type }] of Object.entries(Resources)) {
    if (Type === 'AWS::Scheduler::Schedule') delete Resources[logicalId];
  }
}

/** Permissions as the construct gives them for a bucket without versions (lib/statements.ts). */
const withoutVersions = (template: string): string =>
  template.replace(/"s3:(Get|Put)ObjectVersion(Tagging)?"/g, (_, verb, tagging = '') => `"s3:${verb}Object${tagging}"`);

function setVersioning({ Resources }: Template, configuration: object | undefined): void {
  const isDrops = ([logicalId, { Type }]: [string, { Type: string }]) =>
    Type === 'AWS::S3::Bucket' && /^ImageDropDropBucket/.test(logicalId);
  const [, bucket] = Object.entries(Resources).find(isDrops) ?? [];
  if (bucket === undefined) throw new Error('The template has no drop bucket.');
  bucket.Properties.VersioningConfiguration = configuration;
}

function setTimes({ Resources }: Template, stage: RegExp, { timeoutSeconds, visibilitySeconds }: Times): void {
  const ofStage = Object.entries(Resources).filter(([logicalId]) => stage.test(logicalId));
  const set = (type: string, property: string, value: number) => {
    const resources = ofStage.filter(([, resource]) => resource.Type === type && property in resource.Properties);
    if (resources.length === 0) throw new Error(`The template has no ${property} of ${type} for ${stage}.`);
    for (const [, { Properties }] of resources) Properties[property] = value;
  };
  set('AWS::Lambda::Function', 'Timeout', timeoutSeconds);
  if (visibilitySeconds !== undefined) set('AWS::SQS::Queue', 'VisibilityTimeout', visibilitySeconds);
}

/** The bundles of the functions, wherever the CDK has put them. */
export async function bundlesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true });
  return entries.filter((path) => path.endsWith('index.cjs')).map((path) => join(folder, path));
}
