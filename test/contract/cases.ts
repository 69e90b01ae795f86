import { CHANGING } from './cases/changing.ts';
import { CREATING } from './cases/creating.ts';
import { IMPORTING } from './cases/importing.ts';
import { LIMITS } from './cases/limits.ts';
import { LISTING } from './cases/listing.ts';
import { SETTLING } from './cases/settling.ts';
import { SHARING } from './cases/sharing.ts';
import { UPLOADING } from './cases/uploading.ts';
import type { ContractCase } from './service-world.ts';

/** What an OpenStack Image service does, by what is being done. */
export const CASES: Readonly<Record<string, readonly ContractCase[]>> = {
  'Creating an image': CREATING,
  'Uploading the file': UPLOADING,
  'Limits and quotas': LIMITS,
  'Importing the file': IMPORTING,
  'Hashes, tokens and deleting': SETTLING,
  'Changing an image': CHANGING,
  'Listing and describing': LISTING,
  'Sharing with other projects': SHARING,
};
