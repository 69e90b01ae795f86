import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { inspect } from '../../lambda/formats/inspect.ts';
import { corpusEntries } from '../support/corpus/corpus.ts';
import { type CorpusEntry, fileOf, isAccepted } from '../support/corpus/entry.ts';

/**
 * Compares the prediction with the inspector of oslo.utils itself, which Glance runs, over the whole corpus. It came with
 * oslo.utils 7.3 and has checked partition tables since; Debian 12 has 6.0, so there the test is skipped. From a checkout:
 * `PYTHONPATH=oslo.utils npm run suite clients glance-checks`.
 */
const SCRIPT = join(import.meta.dirname, 'glance_checks.py');
const HAS_INSPECTOR =
  spawnSync('python3', ['-c', "from oslo_utils.imageutils import format_inspector as f; f.ALL_FORMATS['gpt']"])
    .status === 0;
/** The inspector reads every byte. */
const MAX_BYTES = 2 ** 27;
/** Glance has no disk_format for the others. */
const TAKEN = ['qcow2', 'raw', 'vmdk', 'vhd', 'vhdx', 'vdi', 'iso'];

const folder = mkdtempSync(join(tmpdir(), 'imagedrop-glance-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** As the file is sent: of a fixed VHD only the disk. */
async function written(entry: CorpusEntry, index: number) {
  const file = fileOf(entry);
  const { format, subformat, glanceRefusal } = await inspect(file, entry.options);
  const isFixed = format === 'vhd' && subformat === 'fixed';
  const path = join(folder, `${index}`);
  (isFixed ? file.resized(file.size - (file.size % 512 || 512)) : file).writeTo(path);
  return { name: entry.name, diskFormat: isFixed ? 'raw' : format, path, isRefused: glanceRefusal !== undefined };
}

const entries = corpusEntries()
  .filter(isAccepted)
  .filter((entry) => TAKEN.includes(entry.expected.format) && fileOf(entry).size <= MAX_BYTES);

describe('the prediction of what Glance refuses', () => {
  (HAS_INSPECTOR ? test : test.skip)('is what the inspector of oslo.utils says of the corpus', async () => {
    const files = await Promise.all(entries.map(written));
    const pairs = files.flatMap(({ diskFormat, path }) => [diskFormat, path]);
    const verdicts: string[] = JSON.parse(execFileSync('python3', [SCRIPT, ...pairs], { encoding: 'utf8' }));
    const unlike = files.flatMap((file, index) =>
      file.isRefused === (verdicts[index] !== 'taken') ? [] : [`${file.name}: ${verdicts[index]}`],
    );
    expect(verdicts).toHaveLength(entries.length);
    expect(unlike).toEqual([]);
  });
});
