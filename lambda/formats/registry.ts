import { mayHavePartitionTable } from './guest/partition-table.ts';
import { iso } from './iso/iso.ts';
import { qcow } from './qcow2/qcow.ts';
import { qcow2 } from './qcow2/qcow2.ts';
import { qed } from './qcow2/qed.ts';
import { findLookAlike } from './raw/look-alikes.ts';
import type { Format } from './reading/format.ts';
import type { Probe } from './reading/probe.ts';
import type { Rule } from './reading/rule.ts';
import { vdi } from './vdi/vdi.ts';
import { vhd } from './vhd/vhd.ts';
import { zvhd } from './vhd/zvhd.ts';
import { zvhd2 } from './vhd/zvhd2.ts';
import { vhdx } from './vhdx/vhdx.ts';
import { vmdk } from './vmdk/vmdk.ts';

/** All formats with a signature. A raw disk has none; raw.ts judges what none of these knows. */
export const FORMATS: readonly Format[] = [qcow2, qcow, qed, vmdk, vhd, vhdx, vdi, iso, zvhd, zvhd2];

export const ONE_FORMAT: Rule = {
  code: 'two-formats',
  title: 'signatures of one format only',
  cve: 'CVE-2024-32498',
};

/**
 * The format whose signature the file bears; undefined when it bears none.
 *
 * A file that can be read as two formats is read as one by us and as the other by somebody else (CVE-2024-32498 and
 * its family): all signatures are tested, and only the pairs that occur in honest files are let through.
 * @throws Refusal
 */
export function theOneFormat(probe: Probe): Format | undefined {
  const matching = FORMATS.filter((format) => format.matches(probe));
  const format = matching[0];
  const names = format === undefined ? [] : [...matching.map(({ name }) => name), ...otherSignatures(probe, format)];
  const message = `The file bears the signatures of several formats: ${names.join(', ')}.`;
  probe.ledger.refuseIf(names.length > 1, ONE_FORMAT, message);
  return format;
}

function otherSignatures(probe: Probe, format: Format): string[] {
  const others: string[] = [];
  if (mayHavePartitionTable(probe) && !format.mayBePartitioned?.(probe)) others.push('a partition table');
  const lookAlike = findLookAlike(probe);
  if (lookAlike !== undefined) others.push(lookAlike.name);
  return others;
}
