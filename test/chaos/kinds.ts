import { MENU } from './fault-menu.ts';

/** Faults that are no fault of one request by itself. */
export const OTHER_KINDS = {
  tokenEnded: 'image: 401, the token has ended',
  keystoneDown: 'Keystone: down for a while',
  createdAndGone: 'image: created, answered and forgotten',
  uploadedAndGone: 'upload: taken, answered and forgotten',
  savingForEver: 'image: saving for ever',
  savingLate: 'image: saving for longer than a lease',
  killed: 'image: killed after the upload',
  deletedByOthers: 'image: deleted by others',
  changedByOthers: 'image: changed by others',
  revoked: 'credentials: revoked for a while',
  killAtRequest: 'function killed at a request',
  killAtAnyTime: 'function killed at any time',
  frozen: 'function stood still for a while',
  timedOut: 'function timed out',
  clockJump: 'function with a clock that jumps',
  doubled: 'message doubled',
  delayed: 'message delayed behind others',
  lost: 'message lost',
  kept: 'message worked on, its deletion lost',
  buried: 'message in the dead letters, redriven or left there',
  retried: 'drop retried by its operator',
  redeployed: 'stack deployed with other settings and targets',
  glanceKilled: 'image service killed and started again',
} as const;

/** All of them, in the order of the table. */
export const KINDS: readonly string[] = [...MENU.map(({ kind }) => kind), ...Object.values(OTHER_KINDS)];
