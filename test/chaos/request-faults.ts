import type { Decide, Fault, FaultyRequest, ServedAnswer } from '../../local/contributing/faults/fault.ts';
import { seeded } from '../../local/contributing/faults/fault.ts';
import { type Dice, MENU, type MenuEntry } from './fault-menu.ts';
import type { FunctionWatch } from './function-watch.ts';
import { OTHER_KINDS } from './kinds.ts';
import type { Ledger } from './ledger.ts';
import { type Buckets, type Operation, operationOf, type Service } from './operation.ts';
import type { Subjects } from './subjects.ts';

export interface RequestFaultOptions {
  readonly seed: number;
  readonly ledger: Ledger;
  readonly subjects: Subjects;
  readonly functions: FunctionWatch;
  /** Whether faults of this kind are wanted in this run. */
  readonly wants: (kind: string) => boolean;
  /** How many times as likely as the menu says each fault is. */
  readonly likelier: number;
  /** Called for each request. */
  readonly asked: () => void;
}

/** A fault that lasts goes on for so many requests: one more than an AWS client sends by itself. */
const LASTING_REQUESTS = 6;
const LASTS_CHANCE = 0.08;

const TOKEN_CHANCE = 0.012;
const GONE_CHANCE = 0.015;

/** Decides of each request what goes wrong with it, by the seed, what it asks for, of which drop, and how often before. */
export class RequestFaults {
  on = true;
  keystoneIsDown = false;
  /** Whether Keystone and the image services refuse the credentials and every token. */
  credentialsAreRevoked = false;
  readonly #options: RequestFaultOptions;
  readonly #menus: Readonly<Record<Service, readonly MenuEntry[]>>;
  readonly #times = new Map<string, number>();
  readonly #endedTokens = new Set<string>();

  constructor(options: RequestFaultOptions) {
    this.#options = options;
    const wanted = MENU.filter(({ kind }) => options.wants(kind)).map((entry) => ({
      ...entry,
      chance: entry.chance * options.likelier,
    }));
    const of = (service: Service) => wanted.filter((entry) => entry.service === service);
    this.#menus = { s3: of('s3'), gate: of('gate'), cloud: of('cloud'), staging: of('staging') };
  }

  /** @param buckets asked at each request: they are named when the stack has started */
  decide(service: Service, buckets: () => Buckets, serviceUrl: string): Decide {
    return (request) => {
      this.#options.asked();
      const operation = operationOf(service, request, this.#options.subjects, buckets());
      const times = this.#count(operation);
      const strike = this.#options.functions.strikeAt(request.from, operation.name);
      if (!this.on) return undefined;
      if (strike !== undefined) return strike;
      const special = service === 'cloud' ? this.#ofCloud(operation, times, request, serviceUrl) : undefined;
      return special ?? this.#fromMenu(service, operation, times, request);
    };
  }

  #count({ name, subject, object }: Operation): number {
    const what = `${subject ?? object} ${name}`;
    const times = this.#times.get(what) ?? 0;
    this.#times.set(what, times + 1);
    return times;
  }

  #fromMenu(service: Service, operation: Operation, times: number, request: FaultyRequest): Fault | undefined {
    for (let first = times; first >= 0 && first > times - LASTING_REQUESTS; first--) {
      const dice = this.#dice(operation, first);
      const entry = chosen(this.#menus[service], operation, dice('which'));
      const lasts = first === times || (entry?.lasts === true && dice('lasts') < LASTS_CHANCE);
      if (entry === undefined || !lasts) continue;
      this.#note(entry.kind, operation, request);
      return entry.fault(dice, Number(request.headers['content-length'] ?? 0));
    }
    return undefined;
  }

  #ofCloud(operation: Operation, times: number, request: FaultyRequest, serviceUrl: string): Fault | undefined {
    if (this.credentialsAreRevoked) return this.#noted(OTHER_KINDS.revoked, operation, request, UNAUTHORIZED);
    if (operation.name === 'authenticate') return this.#keystone(operation, request);
    const dice = this.#dice(operation, times);
    return this.#token(operation, dice, request) ?? this.#gone(operation, dice, request, serviceUrl);
  }

  #keystone(operation: Operation, request: FaultyRequest): Fault | undefined {
    if (!this.keystoneIsDown) return undefined;
    return this.#noted(OTHER_KINDS.keystoneDown, operation, request, { how: 'refuse' });
  }

  /** A token that has ended is refused from then on; the next one is another. */
  #token(operation: Operation, dice: Dice, request: FaultyRequest): Fault | undefined {
    const token = String(request.headers['x-auth-token'] ?? '');
    const isRefused = this.#endedTokens.has(token);
    if (!isRefused && !(this.#options.wants(OTHER_KINDS.tokenEnded) && dice('token') < TOKEN_CHANCE)) return undefined;
    this.#endedTokens.add(token);
    return this.#noted(OTHER_KINDS.tokenEnded, operation, request, UNAUTHORIZED);
  }

  /** Answered as if all were well, and forgotten: nobody can tell from the answer. */
  #gone(operation: Operation, dice: Dice, request: FaultyRequest, serviceUrl: string): Fault | undefined {
    const kind = GONE[operation.name];
    if (kind === undefined || !this.#options.wants(kind) || dice('gone') >= GONE_CHANCE) return undefined;
    const undo = (served: ServedAnswer) => deleted(request, served, serviceUrl);
    return this.#noted(kind, operation, request, { how: 'undo', undo });
  }

  #noted(kind: string, operation: Operation, request: FaultyRequest, fault: Fault): Fault {
    this.#note(kind, operation, request);
    return fault;
  }

  /** A request that names no drop concerns all that its function works on. */
  #note(kind: string, { subject }: Operation, { from }: FaultyRequest): void {
    const { ledger, functions } = this.#options;
    const { subjects = [], number } = functions.at(from) ?? {};
    const [first, ...others] = subject === undefined ? subjects : [subject];
    ledger.note(kind, first, number);
    for (const other of others) ledger.concerns(kind, other, number);
  }

  #dice({ name, subject, object }: Operation, times: number): Dice {
    return (what) => seeded(this.#options.seed, what, name, subject ?? object ?? '', times);
  }
}

const UNAUTHORIZED: Fault = {
  how: 'answer',
  answer: {
    status: 401,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ error: { code: 401, title: 'Unauthorized', message: 'The token has ended.' } }),
  },
};

const GONE: Readonly<Record<string, string>> = {
  'create image': OTHER_KINDS.createdAndGone,
  'upload image': OTHER_KINDS.uploadedAndGone,
};

function chosen(menu: readonly MenuEntry[], { name }: Operation, roll: number): MenuEntry | undefined {
  let passed = 0;
  return menu.find((entry) => {
    if (!entry.operations.test(name)) return false;
    passed += entry.chance;
    return roll < passed;
  });
}

/** Deletes the image that the request has created or filled, with its own token. */
async function deleted(request: FaultyRequest, served: ServedAnswer, serviceUrl: string): Promise<void> {
  if (served.status < 200 || served.status > 299) return;
  const path = request.url.replace(/\/file$/, '');
  const id = request.method === 'POST' ? `/${JSON.parse(served.body.toString()).id}` : '';
  const headers = { 'x-auth-token': String(request.headers['x-auth-token']) };
  const url = serviceUrl.replace(/\/$/, '') + path + id;
  const answer = await fetch(url, { method: 'DELETE', headers });
  if (!answer.ok) throw new Error(`Deleting ${url} behind its owner's back was answered with ${answer.status}.`);
}
