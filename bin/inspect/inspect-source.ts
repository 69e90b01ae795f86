import { join } from 'node:path';
import { type Examination, examine, withCompanions } from '../../lambda/formats/inspect.ts';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { printableJson } from '../printable.ts';
import { type PublishedStack, runningStack, STATE_FOLDER, useEnvironment } from '../stack/local.ts';
import { targetsIn } from '../stack/targets.ts';
import { stylerFor } from '../terminal/styles.ts';
import { type InspectDocument, type Inspection, inspectDocument } from './document.ts';
import { type Inside, lookInside } from './inside.ts';
import { choiceOf, type SaidOfImage, saidToAll } from './metadata.ts';
import type { InspectOptions } from './options.ts';
import { report } from './report.ts';
import { openSource, type Source } from './source.ts';
import { type TargetVerdict, verdictOfCloud, verdictsBySettings } from './targets.ts';

/**
 * Says what a file is, every check with its outcome, and which targets would take it.
 * @returns the exit code: 0 safe, 1 refused
 */
export async function inspectSource(options: InspectOptions): Promise<number> {
  const running = await runningStack(join(process.env.INIT_CWD ?? process.cwd(), STATE_FOLDER));
  useBucketsOf(running, options.source);
  const source = await openSource(options.source);
  try {
    const said = saidWith(options, source.said);
    const document = await documentOf({ ...source, said }, { ...options, running });
    const forPeople = () => report(document, stylerFor(process.stdout), options.checks);
    process.stdout.write(options.json ? `${printableJson(document, 2)}\n` : forPeople());
    return document.verdict === 'accept' ? 0 : 1;
  } finally {
    await source.close();
  }
}

/** The stack that runs in this folder, if one does: the file would be dropped there. */
type Asked = InspectOptions & { readonly running: PublishedStack | undefined };

/** The AWS SDK finds the address and the keys of the stack on this machine in the environment. */
function useBucketsOf(running: PublishedStack | undefined, source: string): void {
  if (running === undefined) return;
  const isOurs = Object.values(running.outputs).some((bucket) => source.startsWith(`s3://${bucket}/`));
  if (isOurs) useEnvironment(running.environment);
}

async function documentOf(source: Source, options: Asked): Promise<InspectDocument> {
  const inside = await lookInside(source, chosenMember(source.said));
  const image = inside?.packed === undefined ? source : inside.source;
  try {
    const inspection = await inspectionOf(image, inside);
    const { targets: chosen } = choiceOf(source.said);
    const targets = await targetVerdicts(inspection, image, options);
    const files = source.said.files.map(({ name }) => name);
    return inspectDocument(options.source, source.reader.size, inspection, files, chosen, targets);
  } finally {
    if (image !== source) await image.close();
  }
}

/** Bad metadata are reported when the image inside is examined. */
function chosenMember(said: SaidOfImage): string | undefined {
  try {
    return saidToAll(said).member;
  } catch (error) {
    if (error instanceof ImageDropError) return undefined;
    throw error;
  }
}

const ONE_IMAGE = 'unpacks to one disk image';

async function inspectionOf(image: Source, inside: Inside | undefined): Promise<Inspection> {
  if (inside === undefined) return examineSource(image, image.said);
  if (inside.packed === undefined) {
    const { refusal: error } = inside;
    const check = { code: error.code, title: ONE_IMAGE, outcome: 'refused', detail: error.message } as const;
    return { verdict: 'refuse', error, checks: [check] };
  }
  const examination = await examineSource(image, image.said);
  const check = { code: 'corrupt-data', title: ONE_IMAGE, outcome: 'passed' } as const;
  const { found } = examination;
  const whole = found === undefined ? {} : { found: withCompanions(found, inside.companions) };
  return { ...examination, ...whole, packed: inside.packed, checks: [check, ...examination.checks] };
}

/** The option says what the object's own metadata would say. */
function saidWith({ diskFormat }: InspectOptions, said: SaidOfImage): SaidOfImage {
  if (diskFormat === undefined) return said;
  return { ...said, userMetadata: { ...said.userMetadata, 'disk-format': diskFormat } };
}

/** As a drop is: bad metadata fail it whatever the file is, but its checks are worth seeing. */
async function examineSource({ reader, fileName }: Source, said: SaidOfImage): Promise<Examination> {
  try {
    const { refusal } = choiceOf(said);
    if (refusal !== undefined) throw refusal;
    const { diskFormat: claimedFormat } = saidToAll(said);
    return await examine(reader, { fileName, ...(claimedFormat !== undefined && { claimedFormat }) });
  } catch (error) {
    if (!(error instanceof ImageDropError) || error.code !== 'bad-metadata') throw error;
    const { format, checks } = await examine(reader, { fileName });
    return { verdict: 'refuse', ...(format !== undefined && { format }), checks, error };
  }
}

async function targetVerdicts(
  { found }: Examination,
  source: Source,
  { osCloud, kind, running }: Asked,
): Promise<readonly TargetVerdict[]> {
  if (found === undefined) return [];
  if (osCloud === undefined) return verdictsBySettings(found, source, { running: targetsIn(running?.outputs.Targets) });
  return [await verdictOfCloud(found, source, { name: osCloud, kind })];
}
