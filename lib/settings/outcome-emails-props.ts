import { SettingError } from './checks.ts';

/** Who hears of drops by e-mail. Each address is asked by Amazon SNS to confirm first. */
export interface OutcomeEmailsProps {
  /** At least one. */
  readonly addresses: readonly string[];

  /**
   * The outcomes to report.
   *
   * @default ["failed"] - soon no one would read a mail for each image that became active
   */
  readonly statuses?: readonly OutcomeStatus[];
}

const OUTCOME_STATUSES = ['active', 'failed', 'superseded'] as const;
export type OutcomeStatus = (typeof OUTCOME_STATUSES)[number];

/** OutcomeEmailsProps with every default filled in. */
export type OutcomeEmails = Required<OutcomeEmailsProps>;

/** Somebody at some host: whether there is such an address, the confirmation finds out. */
const ADDRESS = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/** @throws SettingError naming the address or the status that cannot work */
export function resolveOutcomeEmails({ addresses, statuses = ['failed'] }: OutcomeEmailsProps): OutcomeEmails {
  if (addresses.length === 0)
    throw new SettingError('outcomeEmails.addresses', addresses, 'name at least one address.');
  if (statuses.length === 0) {
    throw new SettingError(
      'outcomeEmails.statuses',
      statuses,
      `name one of ${OUTCOME_STATUSES.join(', ')}, or leave it out.`,
    );
  }
  checkAddresses('outcomeEmails.addresses', addresses);
  for (const status of statuses) {
    if (OUTCOME_STATUSES.includes(status)) continue;
    throw new SettingError('outcomeEmails.statuses', status, `no drop ends so; use ${OUTCOME_STATUSES.join(', ')}.`);
  }
  return { addresses, statuses };
}

/** @throws SettingError naming the first text that is not an address */
export function checkAddresses(property: string, addresses: readonly string[]): readonly string[] {
  const wrong = addresses.find((address) => !ADDRESS.test(address));
  if (wrong !== undefined) throw new SettingError(property, wrong, 'give an e-mail address.');
  return addresses;
}
