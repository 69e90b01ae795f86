import type { Clock } from '../../local/contributing/faults/clock.ts';
import type { Fault } from '../../local/contributing/faults/fault.ts';
import { seeded } from '../../local/contributing/faults/fault.ts';
import type { FaultyEnvironment, FunctionFaults } from '../../local/faults.ts';
import { OTHER_KINDS } from './kinds.ts';
import type { Ledger } from './ledger.ts';
import { clockVariables } from './run-clock.ts';
import { subjectOfBody } from './subject-of-body.ts';
import type { Subjects } from './subjects.ts';

export interface FunctionWatchOptions {
  readonly seed: number;
  readonly ledger: Ledger;
  readonly subjects: Subjects;
  readonly wants: (kind: string) => boolean;
  /** What stands in a function's variables, and what is to stand there in its place. */
  readonly replaced: () => ReadonlyMap<string, string>;
  /** The folder in which functions keep their compiled code. */
  readonly compileCache: string;
}

interface Invocation {
  /** In the order of the run. */
  readonly number: number;
  readonly environment: FaultyEnvironment;
  /** Of each drop that it works on. */
  readonly subjects: readonly string[];
  requests: number;
  /** The request, from 1, at which it is killed; and whether that is before or after it is served. */
  readonly killAt?: { readonly request: number; readonly when: 'before' | 'after' };
}

const PRELOAD = new URL('../../local/contributing/faults/function-preload.ts', import.meta.url);

/** A record takes some ten invocations. Each kill costs a new process, which is most of what a run costs. */
const KILL_AT_REQUEST_CHANCE = 0.06;
/** An invocation makes up to 30 requests, most of them fewer; a kill beyond its last one never comes. */
const MAX_KILL_REQUEST = 16;
const KILL_AT_ANY_TIME_CHANCE = 0.015;
const KILL_WITHIN_MS = 1500;

const FREEZE_CHANCE = 0.005;
/** From what nobody notices to more than the functions' time: some wake up when another has taken over. */
const FREEZE_SECONDS = { least: 5, most: 75 };

const CLOCK_CHANCE = 0.12;
/** More than a lease lasts; what waits for a clock that is ahead waits for so long. */
export const MAX_CLOCK_MS = 65_000;
const CLOCK_JUMPS = 3;
const CLOCK_JUMPS_WITHIN_MS = 30_000;

/** Knows which environment works on what, and kills some of them. */
export class FunctionWatch implements FunctionFaults {
  readonly #options: FunctionWatchOptions;
  readonly #addresses = new Map<FaultyEnvironment, string>();
  readonly #invocations = new Map<string, Invocation>();
  readonly #times = new Map<string, number>();
  readonly #killPoints = new Map<string, number>();
  readonly #clocksOff = new Set<FaultyEnvironment>();
  /** Their processes load the function. */
  readonly #starting = new Set<FaultyEnvironment>();
  #environments = 0;
  #begun = 0;
  #on = true;

  constructor(options: FunctionWatchOptions) {
    this.#options = options;
  }

  /** "stream-upload after put record": how often a function was killed there. */
  get killPoints(): ReadonlyMap<string, number> {
    return this.#killPoints;
  }

  environment(environment: FaultyEnvironment, variables: Readonly<Record<string, string>>): Record<string, string> {
    this.#environments += 1;
    const number = this.#environments;
    const address = `127.${1 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`;
    this.#addresses.set(environment, address);
    this.#starting.add(environment);
    const clock = this.#clock(environment, number);
    if (clock !== undefined) this.#clocksOff.add(environment);
    return {
      ...Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, this.#replaced(value)])),
      NODE_OPTIONS: `${variables.NODE_OPTIONS ?? ''} --import=${PRELOAD.href}`,
      IMAGEDROP_FAULTS_ADDRESS: address,
      // Hundreds of processes of the same bundles: each would compile them again.
      NODE_COMPILE_CACHE: this.#options.compileCache,
      ...clockVariables(),
      ...(clock !== undefined && { IMAGEDROP_FAULTS_CLOCK: clock }),
    };
  }

  invocation(environment: FaultyEnvironment, event: unknown): () => void {
    this.#starting.delete(environment);
    const address = this.#addresses.get(environment) ?? '';
    const subjects = this.#subjectsOf(event);
    const invocation = this.#planned(environment, subjects);
    this.#invocations.set(address, invocation);
    const timer = this.#killLater(invocation);
    this.#freeze(invocation);
    return () => {
      clearTimeout(timer);
      this.#invocations.delete(address);
    };
  }

  /** What the function at this address works on. */
  at(address: string): Pick<Invocation, 'number' | 'subjects'> | undefined {
    return this.#invocations.get(address);
  }

  /** Counts a request of the function at this address. @returns its death, when it is to die here */
  strikeAt(address: string, operation: string): Fault | undefined {
    const invocation = this.#invocations.get(address);
    if (invocation === undefined) return undefined;
    invocation.requests += 1;
    const { killAt, environment, requests } = invocation;
    if (!this.#on || killAt?.request !== requests) return undefined;
    const { when } = killAt;
    const point = `${nameOf(environment)} ${when} ${operation}`;
    this.#killPoints.set(point, (this.#killPoints.get(point) ?? 0) + 1);
    this.#note(OTHER_KINDS.killAtRequest, invocation);
    return { how: 'strike', when, strike: () => environment.kill() };
  }

  /** The last that goes wrong: environments whose clocks are off end, and those that come in their place are right. */
  off(): void {
    this.#on = false;
    for (const environment of this.#clocksOff) environment.kill();
    this.#clocksOff.clear();
  }

  /** Whether a process starts. */
  get isStarting(): boolean {
    return this.#starting.size > 0;
  }

  setClock(clock: Clock): void {
    for (const environment of this.#addresses.keys()) environment.tell({ type: 'clock', clock });
  }

  /** A function was ended by its time-out. */
  timedOut(): void {
    this.#options.ledger.note(OTHER_KINDS.timedOut);
  }

  #planned(environment: FaultyEnvironment, subjects: readonly string[]): Invocation {
    const dice = this.#dice(environment, subjects);
    const dies = this.#options.wants(OTHER_KINDS.killAtRequest) && dice('kill') < KILL_AT_REQUEST_CHANCE;
    const request = 1 + Math.floor(dice('request') * MAX_KILL_REQUEST);
    const when = dice('when') < 0.5 ? 'before' : 'after';
    this.#begun += 1;
    const invocation = { number: this.#begun, environment, subjects, requests: 0 };
    this.#noteClock(invocation);
    return { ...invocation, ...(dies && { killAt: { request, when } }) };
  }

  #killLater(invocation: Invocation): NodeJS.Timeout | undefined {
    const { environment, subjects } = invocation;
    const dice = this.#dice(environment, subjects);
    const dies = this.#options.wants(OTHER_KINDS.killAtAnyTime) && dice('any time') < KILL_AT_ANY_TIME_CHANCE;
    if (!this.#on || !dies) return undefined;
    return setTimeout(() => {
      this.#note(OTHER_KINDS.killAtAnyTime, invocation);
      environment.kill();
    }, dice('ms') * KILL_WITHIN_MS);
  }

  #freeze(invocation: Invocation): void {
    const { environment, subjects } = invocation;
    if (!this.#on || !this.#options.wants(OTHER_KINDS.frozen)) return;
    const dice = this.#dice(environment, subjects);
    if (dice('freeze') >= FREEZE_CHANCE) return;
    this.#note(OTHER_KINDS.frozen, invocation);
    const { least, most } = FREEZE_SECONDS;
    environment.freeze((least + dice('seconds') * (most - least)) * 1000);
  }

  /** The same for the same invocation, by its function, its drops and how often it was begun. */
  #dice(environment: FaultyEnvironment, subjects: readonly string[]): (what: string) => number {
    const whose = `${nameOf(environment)} ${subjects.join()}`;
    const times = this.#times.get(whose) ?? 0;
    this.#times.set(whose, times + 1);
    return (what) => seeded(this.#options.seed, what, whose, times);
  }

  #subjectsOf(event: unknown): readonly string[] {
    const { Records: records = [] } = (event ?? {}) as { Records?: readonly { readonly body: string }[] };
    return records.map(({ body }) => subjectOfBody(body, this.#options.subjects) ?? '').sort();
  }

  #note(kind: string, { subjects, number }: Invocation): void {
    const [first, ...others] = subjects;
    this.#options.ledger.note(kind, first, number);
    for (const subject of others) this.#options.ledger.concerns(kind, subject, number);
  }

  /** A clock that is off concerns all that its environment works on. */
  #noteClock({ environment, subjects, number }: Pick<Invocation, 'environment' | 'subjects' | 'number'>): void {
    if (!this.#clocksOff.has(environment)) return;
    for (const subject of subjects) this.#options.ledger.concerns(OTHER_KINDS.clockJump, subject, number);
  }

  #clock(environment: FaultyEnvironment, number: number): string | undefined {
    const dice = (what: string, jump = 0) => seeded(this.#options.seed, what, nameOf(environment), number, jump);
    if (!this.#on || !this.#options.wants(OTHER_KINDS.clockJump) || dice('clock') >= CLOCK_CHANCE) return undefined;
    this.#options.ledger.note(OTHER_KINDS.clockJump);
    const jumps = Array.from({ length: CLOCK_JUMPS }, (_, jump) => {
      const after = Math.round(dice('after', jump) * CLOCK_JUMPS_WITHIN_MS);
      return [after, Math.round((2 * dice('offset', jump) - 1) * MAX_CLOCK_MS)] as const;
    });
    return jumps
      .sort(([one], [other]) => one - other)
      .map((jump) => jump.join(':'))
      .join();
  }

  #replaced(value: string): string {
    return [...this.#options.replaced()].reduce((text, [from, to]) => text.replaceAll(from, to), value);
  }
}

/** `ImageDrop-StreamUploadFunction1A2B3C` is `StreamUpload` to people. */
function nameOf({ functionName }: FaultyEnvironment): string {
  return /CreateMetadata|UnpackImage|StreamUpload|RecordStatus|Reconcile/.exec(functionName)?.[0] ?? functionName;
}
