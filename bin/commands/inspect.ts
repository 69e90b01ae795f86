import { type Examination, examine } from '../../lambda/formats/inspect.ts';
import { inspectDocument } from '../inspect/document.ts';
import { HELP } from '../inspect/help.ts';
import { type InspectOptions, inspectOptions } from '../inspect/options.ts';
import { report } from '../inspect/report.ts';
import { openSource, type Source } from '../inspect/source.ts';
import { type TargetVerdict, verdictOfCloud, verdictsBySettings } from '../inspect/targets.ts';
import { printableJson } from '../printable.ts';

/**
 * Says what a file is, every check with its outcome, and which targets would take it.
 * @returns the exit code: 0 safe, 1 refused
 */
export async function inspect(args: string[]): Promise<number> {
  const options = inspectOptions(args);
  if (options === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
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
