import { type Examination, examine } from '../../lambda/formats/inspect.ts';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { printableJson } from '../printable.ts';
import { stylerFor } from '../terminal/styles.ts';
import { inspectDocument } from './document.ts';
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
  const source = await openSource(options.source);
  try {
    const said = saidWith(options, source.said);
    const examination = await examineSource(source, said);
    const { targets: chosen } = choiceOf(said);
    const targets = await targetVerdicts(examination, { ...source, said }, options);
    const files = said.files.map(({ name }) => name);
    const document = inspectDocument(options.source, source.reader.size, examination, files, chosen, targets);
    const forPeople = () => report(document, stylerFor(process.stdout));
    process.stdout.write(options.json ? `${printableJson(document, 2)}\n` : forPeople());
    return document.verdict === 'accept' ? 0 : 1;
  } finally {
    await source.close();
  }
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
  { osCloud, kind }: InspectOptions,
): Promise<readonly TargetVerdict[]> {
  if (found === undefined) return [];
  if (osCloud === undefined) return verdictsBySettings(found, source);
  return [await verdictOfCloud(found, source, { name: osCloud, kind })];
}
