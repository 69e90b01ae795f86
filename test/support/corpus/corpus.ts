import type { CorpusEntry, CorpusGroup } from './entry.ts';
import { lookAlikes, lookAlikesSaidToBeRaw, unknownFiles } from './look-alikes.ts';
import { qcow, qed } from './qcow-qed.ts';
import { qcow2 } from './qcow2.ts';
import { rawDisks } from './raw.ts';
import { twoFormats } from './two-formats.ts';
import { iso, vdi } from './vdi-iso.ts';
import { vhd } from './vhd.ts';
import { vhdx } from './vhdx.ts';
import { vmdk, vmdkText } from './vmdk.ts';
import { zvhd, zvhd2 } from './zvhd.ts';

/** Every file of the tests with its verdict; docs/formats.md shows it as tables. */
export const CORPUS: readonly CorpusGroup[] = [
  qcow2,
  qcow,
  qed,
  vmdk,
  vmdkText,
  vhd,
  vhdx,
  vdi,
  iso,
  zvhd,
  zvhd2,
  rawDisks,
  lookAlikes,
  lookAlikesSaidToBeRaw,
  unknownFiles,
  twoFormats,
];

export const corpusEntries = (): CorpusEntry[] => CORPUS.flatMap(({ entries }) => entries);
