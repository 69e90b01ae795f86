import type { Ledger } from './ledger.ts';
import type { Rule } from './rule.ts';

/** Saying `raw` of other formats is how headers were smuggled past checks. */
export const CLAIM: Rule = {
  code: 'wrong-format',
  title: 'the format is the one that the metadata name',
  cve: 'CVE-2015-1851',
};

/** Other names of formats; qemu-img says `vpc`. */
const ALIASES: ReadonlyMap<string, string> = new Map([['vpc', 'vhd']]);

/** A format as the user names it, in our words. */
export function canonicalName(claimedFormat: string | undefined): string | undefined {
  const name = claimedFormat?.trim().toLowerCase();
  return name === undefined ? undefined : (ALIASES.get(name) ?? name);
}

/** @throws Refusal when the user says that the file is of another format */
export function refuseOtherClaim(claimed: string | undefined, format: string, ledger: Ledger): void {
  const instead = format === 'raw' ? 'it bears no signature of that format' : `it is ${format}`;
  const isOther = claimed !== undefined && claimed !== format;
  ledger.refuseIf(isOther, CLAIM, `The metadata says that the file is "${claimed}", but ${instead}.`);
}
