import { asImageDropError, type ErrorCode, type ImageDropError } from '../../model/errors.ts';
import * as model from '../../model/reconciliation.ts';
import { QUEUE_STAGES } from '../../model/record.ts';
import type { TargetBeginnings } from '../../model/target-beginnings.ts';
import { beginningsNow, beginningsUnnoted } from '../find-drop.ts';
import type { ScheduledInvocation } from '../ports.ts';
import type { Waiting } from './found.ts';
import { type Found, inTurns, type Look, unreadable } from './found.ts';
import { lostDrops } from './lost-drops.ts';
import { lostMessages } from './lost-messages.ts';
import { orphanedImages } from './orphaned-images.ts';
import type { DeadLetter, ReconcileDependencies } from './ports.ts';
import { FUNCTION_OF, type LetterLook, lookAtLetter, openWith, subjectOf } from './settle-dead-letter.ts';
import { dropsSince, LONGEST_UPLOAD_DAYS, windowOf } from './window.ts';

/** Pages of a thousand per run: a pass over a million drops and their records takes ten runs and a cent. */
const MAX_PAGES = 200;

/**
 * A clock that is ahead of S3's by more than `lostAfterSeconds` would skip what has not happened yet. Two minutes:
 * clocks of machines that are looked after agree within a second.
 */
const CLOCK_ERROR_SECONDS = 120;

/** Dead letters that are looked at before the next look at the time that is left. */
const LETTERS_AT_A_TIME = 64;

const DAY_MS = 86_400_000;

/** Errors of a correction that the next pass retries; an image that a target does not delete must not hold up the window. */
const OURS: readonly (ErrorCode | undefined)[] = ['aws-unavailable', 'record-conflict'];

/** Findings that the document keeps of a run; the counts know of all. */
const MAX_FINDINGS = 100;

export interface ReconcileRequest {
  /** Look at everything, change nothing. */
  readonly dryRun: boolean;
}

export interface ReconcileReport {
  readonly dryRun: boolean;
  /** Whether all was looked at; a run that was not done goes on where it stopped. */
  readonly complete: boolean;
  readonly run: model.Run;
  readonly reconciliation: model.Reconciliation;
}

/**
 * Compares bucket, records and images, page by page: lost work is sent again, unprocessable messages are
 * settled, and images without a record are reported. The steps treat every correction as a message that came
 * twice, so a run may die anywhere, or meet another. An item that fails is a finding, and holds nothing else up.
 */
export async function reconcile(
  { dryRun }: ReconcileRequest,
  invocation: ScheduledInvocation,
  deps: ReconcileDependencies,
): Promise<ReconcileReport> {
  const stored = await deps.reconciliations.load();
  const beginning = stored?.reconciliation ?? model.firstReconciliation(deps.now(), deps.settings);
  const state = model.begun(dryRun ? fromTheStart(beginning) : beginning, deps.now());
  const run = new ReconcileRun(state, dryRun, invocation, deps);
  await run.go();
  const report = run.report();
  if (!dryRun && !(await deps.reconciliations.save(report.reconciliation, stored))) {
    deps.log.warn('another run of reconcile was faster; the corrections of this run stay, its position is forgotten');
  }
  if (!dryRun) deps.meter.countReconcileErrors(report.run.errors + (run.fault === undefined ? 0 : 1));
  if (run.fault !== undefined) throw run.fault;
  return report;
}

/** A whole pass, whatever was looked at before. */
function fromTheStart({ imagesSeenAt: _, sent: _sent, ...reconciliation }: model.Reconciliation): model.Reconciliation {
  const { pass } = reconciliation;
  return {
    ...reconciliation,
    seenUpTo: new Date(0).toISOString(),
    pass: { number: pass.number, startedAt: pass.startedAt, phase: 'drops', counts: model.NOTHING, leftOut: false },
  };
}

class ReconcileRun {
  /** What ended the run before its time. */
  fault: ImageDropError | undefined;
  readonly #dryRun: boolean;
  readonly #invocation: ScheduledInvocation;
  readonly #deps: ReconcileDependencies;
  readonly #startedAt: Date;
  readonly #findings: model.Finding[] = [];
  #state: model.Reconciliation;
  #counts = model.NOTHING;
  #complete = false;

  constructor(
    state: model.Reconciliation,
    dryRun: boolean,
    invocation: ScheduledInvocation,
    deps: ReconcileDependencies,
  ) {
    this.#state = state;
    this.#dryRun = dryRun;
    this.#invocation = invocation;
    this.#deps = deps;
    this.#startedAt = deps.now();
  }

  /** What has been looked at by then is kept, whatever goes wrong. */
  async go(): Promise<void> {
    try {
      const beginnings = await (this.#dryRun ? beginningsUnnoted(this.#deps) : beginningsNow(this.#deps));
      await this.#deadLetters(beginnings);
      const waiting = await this.#deps.queues.waiting();
      for (let pages = 0; this.#mayGoOn(pages); pages += 1) await this.#page(waiting, beginnings);
    } catch (thrown) {
      this.fault = asImageDropError(thrown);
    }
  }

  report(): ReconcileReport {
    const run = {
      startedAt: this.#startedAt.toISOString(),
      seconds: Math.round((this.#deps.now().getTime() - this.#startedAt.getTime()) / 1000),
      counts: this.#counts,
      errors: model.errorsIn(this.#counts),
      findings: this.#findings.slice(0, MAX_FINDINGS),
    };
    const reconciliation = { ...this.#state, lastRun: run };
    return { dryRun: this.#dryRun, complete: this.#complete, run, reconciliation };
  }

  /** A first page there is always: a run whose time seems to be over as it begins would stand still with all after it. */
  #mayGoOn(pages: number): boolean {
    if (this.#complete) return false;
    return pages === 0 || (!this.#invocation.signal.aborted && (this.#dryRun || pages < MAX_PAGES));
  }

  async #deadLetters(beginnings: TargetBeginnings): Promise<void> {
    for (const stage of QUEUE_STAGES) {
      const letters = await this.#deps.queues.deadLetters(stage);
      this.#add({ ...model.NOTHING, deadLetters: letters.length });
      let open = 0;
      for (let from = 0; from < letters.length && !this.#invocation.signal.aborted; from += LETTERS_AT_A_TIME) {
        const some = letters.slice(from, from + LETTERS_AT_A_TIME);
        const looks = await inTurns(some, (letter) => this.#lookAtLetter(letter, beginnings));
        open += looks.filter(({ isOpen }) => isOpen).length;
        await this.#correct(looks.flatMap(({ found }) => found));
      }
      if (!this.#dryRun) this.#deps.meter.countOpenLetters(FUNCTION_OF[stage], open);
    }
  }

  #lookAtLetter(letter: DeadLetter, beginnings: TargetBeginnings): Promise<LetterLook> {
    return lookAtLetter(letter, beginnings, this.#deps).catch((thrown) =>
      openWith(...unreadable(subjectOf(letter), thrown)),
    );
  }

  async #page(waiting: Waiting, beginnings: TargetBeginnings): Promise<void> {
    const { pass } = this.#state;
    const look = await this.#look(pass, waiting, beginnings);
    this.#add({ ...model.NOTHING, [pass.phase]: look.listed });
    await this.#correct(look.found);
    this.#advance(look);
  }

  async #look({ phase, target, cursor }: model.Pass, waiting: Waiting, beginnings: TargetBeginnings): Promise<Look> {
    const { lostAfterSeconds } = this.#deps.settings;
    const window = (since: string) => windowOf(since, this.#deps.now(), lostAfterSeconds);
    switch (phase) {
      case 'drops':
        return lostDrops(
          cursor,
          {
            window: window(dropsSince(this.#state)),
            waiting,
            beginnings,
            wasSent: (drop) => this.#state.sent?.[drop] !== undefined,
          },
          this.#deps,
        );
      case 'records':
        return lostMessages(cursor, window(this.#state.seenUpTo), waiting, this.#deps);
      case 'images':
        return orphanedImages(target ?? '', cursor, this.#deps);
    }
  }

  async #correct(found: readonly Found[]): Promise<void> {
    const done = await inTurns(found, (each) => this.#correctOne(each));
    for (const [index, finding] of done.entries()) {
      if (finding !== undefined) this.#note(finding);
      const { sends } = found[index] ?? {};
      if (finding?.kind === 'taken-up' && sends !== undefined && !this.#dryRun) this.#remember(sends);
    }
  }

  /** @returns undefined when it was corrected meanwhile */
  async #correctOne({ finding, correct }: Found): Promise<model.Finding | undefined> {
    try {
      const isCorrected = this.#dryRun || correct === undefined || (await correct());
      return isCorrected ? finding : undefined;
    } catch (thrown) {
      const { code, message } = asImageDropError(thrown);
      return { kind: 'not-corrected', subject: finding.subject, why: `${finding.kind}: ${message}`, code };
    }
  }

  #note(finding: model.Finding): void {
    this.#findings.push(finding);
    this.#add({ ...model.NOTHING, findings: { [finding.kind]: 1 } });
    // What was not corrected is examined again by the next pass.
    if (finding.kind === 'not-corrected' && OURS.includes(finding.code)) this.#leaveOut();
    this.#deps.log.info('reconcile', { ...finding, dryRun: this.#dryRun });
  }

  #remember(drop: string): void {
    const now = this.#deps.now();
    const forget = new Date(now.getTime() - LONGEST_UPLOAD_DAYS * DAY_MS);
    this.#state = model.withSent(this.#state, drop, now, forget);
  }

  #leaveOut(): void {
    this.#state = { ...this.#state, pass: { ...this.#state.pass, leftOut: true } };
  }

  #advance({ next, leftOut }: Look): void {
    const { phase, target, cursor: _, ...pass } = this.#state.pass;
    const left = { ...pass, leftOut: pass.leftOut || leftOut };
    const here = { phase, ...(target !== undefined && { target }) };
    const names = this.#deps.targets.map(({ name }) => name);
    const position =
      next === undefined ? model.nextPosition(this.#state, names, this.#deps.now()) : { ...here, cursor: next };
    this.#complete = position === undefined;
    this.#state = { ...this.#state, pass: { ...left, ...(position ?? here) } };
    if (position !== undefined) return;
    const { 'without-progress': stuck = 0 } = this.#state.pass.counts.findings;
    if (!this.#dryRun) this.#deps.meter.countWithoutProgress(stuck);
    this.#state = model.nextPass(this.#state, this.#seenUpTo(), this.#deps.now());
  }

  /** What was too young to be looked at is younger than this. */
  #seenUpTo(): Date {
    const unseenSeconds = Math.max(this.#deps.settings.lostAfterSeconds, CLOCK_ERROR_SECONDS);
    return new Date(Date.parse(this.#state.pass.startedAt) - unseenSeconds * 1000);
  }

  #add(counts: model.Counts): void {
    const { pass } = this.#state;
    this.#counts = model.added(this.#counts, counts);
    this.#state = { ...this.#state, pass: { ...pass, counts: model.added(pass.counts, counts) } };
  }
}
