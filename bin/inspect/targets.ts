import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { httpClient } from '../../lambda/adapters/http.ts';
import { endpointOpener, planByTarget } from '../../lambda/endpoints/registry.ts';
import { foundForTarget } from '../../lambda/formats/inspect.ts';
import { ImageDropError } from '../../lambda/model/errors.ts';
import type { FoundImage, UploadPlan } from '../../lambda/model/image.ts';
import { TARGET_KINDS, type Target, type TargetKind } from '../../lambda/model/target.ts';
import type { TargetProps } from '../../lib/settings/target-props.ts';
import { resolveTargets } from '../../lib/settings/targets.ts';
import { ownCloud } from '../clouds/clouds-yaml.ts';
import type { StackTarget } from '../stack/targets.ts';
import { choiceOf, type SaidOfImage, type SentValue, sentTo } from './metadata.ts';
import type { Source } from './source.ts';

/** How a target would take an image, or why it would not. */
export type TargetVerdict = {
  readonly name: string;
  readonly kind: TargetKind;
} & (
  | ({ readonly taken: true; readonly metadata: readonly SentValue[] } & Pick<
      UploadPlan,
      'diskFormat' | 'route' | 'reason'
    >)
  | { readonly taken: false; readonly code: string; readonly message: string; readonly nextStep: string }
  /** The object names other targets. */
  | { readonly taken: false; readonly reason: string }
);

/** What a target may need to know about the inspected file. */
type Inspected = Pick<Source, 'key' | 'place'> & {
  readonly reader: { readonly size: number };
  readonly said: SaidOfImage;
};

const CDK_JSON = join(import.meta.dirname, '../../cdk.json');

interface KnownTargets {
  /** Of the stack that runs here; they are judged with the defaults of their kind. */
  readonly running?: readonly StackTarget[];
  readonly cdkJson?: string;
}

/**
 * By the settings alone: no cloud is asked, so nothing is known of its schema, its quota or its import methods. The
 * targets are those of the stack that runs here, else those of cdk.json; of a kind that none of the latter has, one with
 * the defaults, unless the object names targets.
 */
export async function verdictsBySettings(
  found: FoundImage,
  source: Inspected,
  { running = [], cdkJson = CDK_JSON }: KnownTargets = {},
): Promise<readonly TargetVerdict[]> {
  const targets = resolveTargets(
    running.length > 0
      ? Object.fromEntries(running.map(({ name, kind }) => [name, { kind }]))
      : await targetsOfSettings(source, cdkJson),
  );
  return Promise.all(
    targets.map((target) =>
      verdict(target, found, source, () => planByTarget(found, source.reader.size, target, source.place(target))),
    ),
  );
}

/** @throws WrongUse when there is no such cloud in the user's files */
export async function verdictOfCloud(
  found: FoundImage,
  source: Inspected,
  cloud: { readonly name: string; readonly kind: TargetKind },
): Promise<TargetVerdict> {
  const own = (await ownTargets(CDK_JSON))[cloud.name];
  const [target] = resolveTargets({ [cloud.name]: own?.kind === cloud.kind ? own : { kind: cloud.kind } });
  if (target === undefined) throw new Error('A target that was given is missing.');
  const { cloudsYaml } = await ownCloud(cloud.name);
  const warn = (message: string) => void process.stderr.write(`${message}\n`);
  const open = endpointOpener({ httpFor: (each) => httpClient({ ...each, warn }), now: () => new Date() });
  return verdict(target, found, source, () =>
    open(cloudsYaml, target).plan(found, source.reader.size, source.place(target)),
  );
}

async function verdict(
  target: Target,
  found: FoundImage,
  { key, said }: Inspected,
  planned: () => Promise<UploadPlan>,
): Promise<TargetVerdict> {
  const { name, kind } = target;
  const { targets: chosen } = choiceOf(said);
  if (chosen?.includes(name) === false) {
    return { name, kind, taken: false, reason: `x-amz-meta-targets names ${chosen.join(', ')} alone.` };
  }
  try {
    foundForTarget(found, target);
    const plan = await planned();
    const { diskFormat, route, reason } = plan;
    const metadata = sentTo(target, { key, found, plan, said });
    return { name, kind, taken: true, diskFormat, route, reason, metadata };
  } catch (error) {
    if (!(error instanceof ImageDropError)) throw error;
    const { code, message, nextStep } = error;
    return { name, kind, taken: false, code, message, nextStep };
  }
}

async function targetsOfSettings({ said }: Inspected, cdkJson: string): Promise<Record<string, TargetProps>> {
  const own = await ownTargets(cdkJson);
  return { ...own, ...(choiceOf(said).targets === undefined && oneOfEachOtherKind(own)) };
}

async function ownTargets(cdkJson: string): Promise<Record<string, TargetProps>> {
  const { context } = JSON.parse(await readFile(cdkJson, 'utf8'));
  return context?.targets ?? {};
}

function oneOfEachOtherKind(own: Record<string, TargetProps>): Record<string, TargetProps> {
  const kinds = new Set(Object.values(own).map(({ kind }) => kind));
  const others = TARGET_KINDS.filter((kind) => !kinds.has(kind));
  return Object.fromEntries(others.map((kind) => [`any-${kind}`, { kind }]));
}
