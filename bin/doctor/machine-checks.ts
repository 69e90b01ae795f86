import { statfsSync } from 'node:fs';
import { isObject } from '../../lambda/model/json.ts';
import { findCloudFile, surroundings } from '../clouds/cloud-files.ts';
import { formatBytes } from '../format-bytes.ts';
import { Checks, type Finding, ok, skipped, type Verdict, verdictOnError, warning } from './finding.ts';

/** What can be seen without a stack. @param reason why there is none */
export async function* machineChecks(reason: unknown): AsyncGenerator<Finding> {
  const checks = new Checks('This machine');
  yield checks.found('Node.js', ok(process.versions.node));
  yield await checks.make('disk', diskVerdict);
  yield await checks.make('clouds.yaml', cloudsVerdict);
  yield checks.found('stack', verdictOnError(reason));
}

/** A small image, its copy at the simulated cloud, and the built stack. */
const ENOUGH_BYTES = 2 ** 30;

function diskVerdict(): Verdict {
  const folder = process.env.INIT_CWD ?? process.cwd();
  const { bavail, bsize } = statfsSync(folder);
  const detail = `${formatBytes(bavail * bsize)} are free in ${folder}`;
  if (bavail * bsize >= ENOUGH_BYTES) return ok(detail);
  return warning(
    detail,
    'Free space, or use another folder; `npx imagedrop clean` deletes what a stack has stored here.',
  );
}

async function cloudsVerdict(): Promise<Verdict> {
  const file = await findCloudFile('clouds', surroundings());
  if (file === undefined) return skipped('there is none; drops on this machine go to the simulator');
  const { clouds } = file.content;
  const names = isObject(clouds) ? Object.keys(clouds) : [];
  const [first = 'NAME'] = names;
  return ok(`${file.path} has ${names.join(', ')}; \`imagedrop doctor --os-cloud ${first}\` checks one`);
}
