import { SAMPLES } from '../../support/images/samples.ts';
import { blocksIn } from './pages.ts';
import type { Reader } from './reader.ts';

const sample = (wanted: string): Buffer => {
  const found = SAMPLES.find(({ name }) => name === wanted);
  if (found === undefined) throw new Error(`There is no sample ${wanted}.`);
  return found.bytes;
};

const QCOW2 = sample('qcow2 v3');

/** What people have lying there who type what the documentation says. */
const FILES: Readonly<Record<string, Buffer | string>> = {
  'ubuntu-24.04.qcow2': QCOW2,
  'blank.img': Buffer.alloc(2 ** 20),
  'README.md': '# What a clone has\n',
  'notes.txt': 'Bread, milk and a new disk.\n',
  'cut.qcow2': QCOW2.subarray(0, 300_000),
  'disk.img': sample('raw with an MBR'),
  'disk.vmdk': sample('vmdk monolithicSparse'),
  'noble.qcow2': QCOW2,
  'linux/noble.qcow2': QCOW2,
};

/** The files whose name the documentation has in the first line of their text. */
const SHOWN = blocksIn('yaml').flatMap(({ text }) => {
  const [, name] = /^# (\S+\.qcow2\.yaml|\S*imagedrop\.yaml)\n/.exec(text) ?? [];
  return name === undefined ? [] : [[name, text] as const];
});

export async function writeFiles(reader: Reader): Promise<void> {
  for (const [name, content] of [...Object.entries(FILES), ...SHOWN]) await reader.file(name, content);
}

export const AN_IMAGE = QCOW2;
export const NO_IMAGE = Buffer.from(FILES['notes.txt'] ?? '');
