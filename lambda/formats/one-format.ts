import { mayHavePartitionTable } from './guest/partition-table.ts';
import { findLookAlike } from './raw/look-alikes.ts';
import type { Format } from './reading/format.ts';
import type { Probe } from './reading/probe.ts';
import type { Rule } from './reading/rule.ts';
import { FORMATS } from './registry.ts';

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
