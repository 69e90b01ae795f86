import { type Examination, examine } from '../../lambda/formats/inspect.ts';
import { printableJson } from '../printable.ts';
import { inspectDocument } from './document.ts';
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
    const examination = await examineSource(source, options);
    const targets = await targetVerdicts(examination, source, options);
    const document = inspectDocument(options.source, source.reader.size, examination, targets);
    process.stdout.write(options.json ? `${printableJson(document, 2)}\n` : report(document));
    return document.verdict === 'accept' ? 0 : 1;
  } finally {
    await source.close();
  }
}

function examineSource(source: Source, options: InspectOptions): Promise<Examination> {
  const claimedFormat = options.diskFormat ?? source.diskFormat;
  return examine(source.reader, {
    fileName: source.fileName,
    ...(claimedFormat !== undefined && { claimedFormat }),
  });
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
