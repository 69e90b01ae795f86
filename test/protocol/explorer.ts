import { setImmediate } from 'node:timers/promises';

/** What a worker is about to do. */
interface Pending {
  readonly worker: number;
  readonly label: string;
  readonly goOn: () => void;
}

/** Where workers stop before each call to the outside, until they are let go on. */
export class Gates {
  readonly #pending: Pending[] = [];

  /** Resolves when the worker may go on. One that has crashed never may. */
  pass(worker: number, label: string): Promise<void> {
    return new Promise((goOn) => {
      this.#pending.push({ worker, label, goOn });
    });
  }

  waiting(worker: number): Pending | undefined {
    return this.#pending.find((each) => each.worker === worker);
  }

  take(worker: number): Pending {
    const index = this.#pending.findIndex((each) => each.worker === worker);
    const [pending] = this.#pending.splice(index, 1);
    if (pending === undefined) throw new Error(`Worker ${worker} waits nowhere.`);
    return pending;
  }

  /** All that this worker would still have done. */
  forget(worker: number): void {
    while (this.waiting(worker) !== undefined) this.take(worker);
  }
}

/** What the explorer can do next. */
export type Action =
  | { readonly kind: 'go'; readonly worker: number }
  /** The worker ends here, as a killed function does. */
  | { readonly kind: 'crash'; readonly worker: number }
  /** The time of the worker's function is nearly over: its signal aborts, and it goes on to an orderly end. */
  | { readonly kind: 'expire'; readonly worker: number }
  /** The worker is held up here for longer than a lease: all messages are delivered once; then it goes on. */
  | { readonly kind: 'pause'; readonly worker: number }
  /** The worker is held up here for so long that everybody else comes to an end; then it goes on. */
  | { readonly kind: 'overtake'; readonly worker: number };

/** One protocol with its workers, to be run again and again from its beginning. */
export interface Scenario {
  readonly gates: Gates;
  /** Starts the workers; each must come to a gate or to its end. @returns their ends */
  start(): readonly Promise<void>[];
  /** What a crash leaves at the place where the worker was. */
  crashed(worker: number, label: string): void;
  /** Whether the worker can notice at this place that its time is over. */
  watchesTime(label: string): boolean;
  /** Aborts the worker's signal. */
  expired(worker: number, label: string): void;
  /** Lets time pass and delivers all messages. */
  deliverOnce(): Promise<void>;
  /** Does so until there are none. */
  drain(): Promise<void>;
  /** What is wrong with the state that all of this has led to; nothing when the promises hold. */
  violations(): readonly string[];
}

export interface Finding {
  readonly schedule: readonly string[];
  readonly violations: readonly string[];
}

/**
 * Runs a scenario under every schedule that departs from the plain order at most `departures` times: by a switch to
 * the other worker, a crash, the end of a function's time, or a worker that is overtaken. Most bugs of concurrency need only two (Musuvathi and
 * Qadeer, "Iterative context bounding for systematic testing of multithreaded programs").
 */
export async function explore(
  make: () => Promise<Scenario>,
  departures: number,
): Promise<{ readonly runs: number; readonly findings: readonly Finding[] }> {
  const findings: Finding[] = [];
  let runs = 0;
  let prefix: number[] | undefined = [];
  while (prefix !== undefined) {
    const run: Run = await new Run(await make(), departures, prefix).toTheEnd();
    runs += 1;
    if (run.violations.length > 0) findings.push({ schedule: run.schedule, violations: run.violations });
    prefix = next(run.choices);
  }
  return { runs, findings };
}

interface Choice {
  readonly taken: number;
  readonly of: number;
}

/** The last choice that has another alternative, with that one. */
function next(choices: readonly Choice[]): number[] | undefined {
  const last = choices.findLastIndex(({ taken, of }) => taken + 1 < of);
  if (last === -1) return undefined;
  return choices.slice(0, last + 1).map(({ taken }, index) => (index === last ? taken + 1 : taken));
}

class Run {
  readonly schedule: string[] = [];
  readonly choices: Choice[] = [];
  violations: readonly string[] = [];
  readonly #scenario: Scenario;
  readonly #prefix: readonly number[];
  readonly #ended = new Set<number>();
  #departures: number;
  #running = 0;
  #crashes = 1;
  #expiries = 1;
  #delays = 1;

  constructor(scenario: Scenario, departures: number, prefix: readonly number[]) {
    this.#scenario = scenario;
    this.#departures = departures;
    this.#prefix = prefix;
  }

  async toTheEnd(): Promise<Run> {
    const workers = this.#scenario.start();
    workers.forEach((end, worker) => void end.then(() => this.#ended.add(worker)));
    for (;;) {
      await this.#settled(workers.length);
      const actions = this.#actions(workers.length);
      if (actions.length === 0) break;
      await this.#do(this.#choose(actions));
    }
    await this.#scenario.drain();
    this.violations = this.#scenario.violations();
    return this;
  }

  /** Every worker waits at a gate or has ended. */
  async #settled(workers: number): Promise<void> {
    const isSettled = (worker: number) => this.#ended.has(worker) || this.#scenario.gates.waiting(worker) !== undefined;
    do await setImmediate();
    while (!Array.from({ length: workers }, (_, worker) => worker).every(isSettled));
  }

  #choose(actions: readonly Action[]): Action {
    const taken = this.#prefix[this.choices.length] ?? 0;
    const action = actions[taken];
    if (action === undefined) throw new Error('The scenario does not run twice in the same way.');
    this.choices.push({ taken, of: actions.length });
    return action;
  }

  /** The plain order first: the one who runs goes on, and when it has ended, the other. */
  #actions(workers: number): Action[] {
    const { gates } = this.#scenario;
    const alive = Array.from({ length: workers }, (_, worker) => worker).filter((worker) => gates.waiting(worker));
    const plain = alive.includes(this.#running) ? this.#running : alive[0];
    if (plain === undefined) return [];
    const actions: Action[] = [{ kind: 'go', worker: plain }];
    if (this.#departures === 0) return actions;
    for (const worker of alive) if (worker !== plain) actions.push({ kind: 'go', worker });
    if (this.#crashes > 0) actions.push({ kind: 'crash', worker: plain });
    const watchesTime = this.#scenario.watchesTime(gates.waiting(plain)?.label ?? '');
    if (this.#expiries > 0 && watchesTime) actions.push({ kind: 'expire', worker: plain });
    if (this.#delays > 0) actions.push({ kind: 'pause', worker: plain }, { kind: 'overtake', worker: plain });
    return actions;
  }

  async #do(action: Action): Promise<void> {
    const { gates } = this.#scenario;
    const { worker } = action;
    const label = gates.waiting(worker)?.label ?? '';
    const isPlain = action.kind === 'go' && (worker === this.#running || gates.waiting(this.#running) === undefined);
    if (!isPlain) this.#departures -= 1;
    this.schedule.push(`${action.kind} ${worker}: ${label}`);
    switch (action.kind) {
      case 'go':
        this.#running = worker;
        gates.take(worker).goOn();
        return;
      case 'crash':
        this.#crashes -= 1;
        gates.forget(worker);
        this.#ended.add(worker);
        this.#scenario.crashed(worker, label);
        return;
      case 'expire':
        this.#expiries -= 1;
        this.#scenario.expired(worker, label);
        return;
      case 'pause':
        this.#delays -= 1;
        await this.#scenario.deliverOnce();
        return;
      case 'overtake':
        this.#delays -= 1;
        await this.#scenario.drain();
    }
  }
}
