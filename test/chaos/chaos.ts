import { appendFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { S3Client } from '@aws-sdk/client-s3';
import { seeded } from '../../local/contributing/faults/fault.ts';
import type { Mishap } from '../../local/simulator/flavour.ts';
import { type EmbeddedStack, startStack } from '../../local/stack.ts';
import { chaosAssembly, SECRET, STACK, type Versioning } from './chaos-assembly.ts';
import { type ChaosCloud, cloudsYamlBehind } from './chaos-cloud.ts';
import { type ChaosClouds, openStackClouds, ownClouds, simulatedClouds } from './chaos-clouds.ts';
import { ChaosFaults } from './chaos-faults.ts';
import { DropDriver, mayHaveVanished, type PutDrop } from './drop-driver.ts';
import { MAX_CLOCK_MS } from './function-watch.ts';
import { OTHER_KINDS } from './kinds.ts';
import { beginningOf, endPauses, interfere, reconciled, retrySome } from './operator.ts';
import { Queues } from './queues.ts';
import { RecordReader } from './record-reader.ts';
import { type Operator, surveyed } from './survey.ts';
import { type Verdict, verdictOn } from './verdict.ts';

export interface ChaosOptions {
  readonly drops: number;
  readonly seed: number;
  /** How long faults go on. @default until all drops are in and half of the records are settled */
  readonly minutes?: number | undefined;
  /** A cloud of the user's clouds.yaml; `openstack` true: one that is started for the run. @default the simulator */
  readonly osCloud?: string | undefined;
  readonly openStack?: boolean;
  /** Of the drop bucket. @default 'enabled' */
  readonly versioning?: Versioning;
  /** Whether faults of this kind are wanted. @default all */
  readonly wants?: (kind: string) => boolean;
  /** How many times as likely as usual what happens to requests and messages is. @default 1 */
  readonly likelier?: number;
  /** Whether what gets lost is looked for. @default true */
  readonly reconciles?: boolean;
  /** How long faults go on after the last drop while too little is settled. @default 240 */
  readonly faultsWithinSeconds?: number;
  /** How long to wait, without faults, while no more records are settled. @default 300 */
  readonly quietWithinSeconds?: number;
  /** Told of the synthesized stack before it starts. */
  readonly prepare?: (cloudAssembly: string) => Promise<void>;
  readonly say?: (line: string) => void;
}

export interface ChaosResult extends Verdict {
  readonly drops: number;
  /** Every kind that could have been injected, and how often it was. */
  readonly faults: readonly (readonly [kind: string, times: number])[];
  /** Where functions were killed: "StreamUpload after put record". */
  readonly killPoints: ReadonlyMap<string, number>;
  readonly seconds: number;
}

/** An image that is saved for ever is given up after its time, what got lost is found at the second look after it. */
const QUIET_WITHIN_SECONDS = 300;
/** The longest that faults go on when nobody says how long: by then what is not half done will not be. */
const FAULTS_WITHIN_SECONDS = 240;
const SAVING_FOR_EVER_CHANCE = 0.02;
const SAVING_LATE_CHANCE = 0.02;
const KILLED_CHANCE = 0.02;
/** Seconds that an image may take: more than two clocks that are off in opposite directions differ by. */
const ACTIVE_WITHIN_SECONDS = 180;
/** What only a simulator does when it is told to. */
const SIMULATED: readonly string[] = [OTHER_KINDS.savingForEver, OTHER_KINDS.savingLate, OTHER_KINDS.killed];
/** Of every so many drops one finds Keystone down, and one the image service killed. */
const OUTAGE_EVERY = 40;
const CRASH_EVERY = 30;
const REVOKED_EVERY = 50;
const INTERFERES_EVERY = 15;
const OUTAGE_MS = 5000;
const REVOKED_MS = 4000;
const LOOK_MS_PER_DROP = 2;
/** By the clock of the run. Seldom enough that reconcile finds some of the dead letters before they are sent back. */
const REDRIVE_MS = 25_000;
const CLOCK_LOOK_MS = 250;
/** By the clock of the run; as often as a schedule of EventBridge can be. */
const RECONCILE_MS = 60_000;

/** What a deployment in the middle of the run changes for every target. */
const OTHER_SETTINGS = { metadata: { minRam: 32 } };

/** In the middle of each so many drops. */
const isDue = (index: number, every: number): boolean => index % every === Math.floor(every / 2);

/** Runs drops through the whole stack while everything else breaks, and says what became of them. */
export async function chaos(options: ChaosOptions): Promise<ChaosResult> {
  const folder = await mkdtemp(join(tmpdir(), 'imagedrop-chaos-'));
  const run = new Chaos(options, folder);
  try {
    return await run.result();
  } finally {
    await run.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** How many records there are at least when each drop has one at each target that it goes to. */
const recordsOf = (drops: readonly PutDrop[]): number =>
  drops.filter((drop) => !mayHaveVanished(drop)).reduce((sum, { targets }) => sum + targets.length, 0);

/** A target begins when a function first sees it; nobody promises anything for drops of the moments before. */
async function noteBeginning(target: string, operator: Operator, put: readonly PutDrop[]): Promise<void> {
  const beganAt = await beginningOf(target, operator);
  for (const drop of put) {
    if (drop.putAt > beganAt || !drop.targets.includes(target)) continue;
    drop.targets = drop.targets.filter((name) => name !== target);
    drop.mayGoTo = target;
  }
}

class Chaos {
  readonly #options: ChaosOptions;
  readonly #folder: string;
  readonly #stops: (() => Promise<void> | void)[] = [];
  readonly #startedAt = performance.now();
  readonly #unheard: { from: string; to: string }[] = [];
  #deployed: EmbeddedStack | undefined;

  constructor(options: ChaosOptions, folder: string) {
    this.#options = options;
    this.#folder = folder;
  }

  async stop(): Promise<void> {
    for (let stop = this.#stops.pop(); stop !== undefined; stop = this.#stops.pop()) await stop();
  }

  async result(): Promise<ChaosResult> {
    const { seed, drops, likelier } = this.#options;
    const compileCache = join(this.#folder, 'compiled');
    const hurries = this.#options.osCloud === undefined && this.#options.openStack !== true;
    const wants = (kind: string) => this.#wants(kind);
    const faults = new ChaosFaults({ seed, wants, likelier, compileCache, hurries });
    this.#stops.push(() => faults.close());
    const clouds = await this.#clouds(faults);
    const before = new Set(
      (await Promise.all(clouds.clouds.map((cloud) => cloud.images()))).flat().map(({ id }) => id),
    );
    this.#deployed = await this.#stack(clouds.clouds, faults);
    this.#stops.push(() => this.#deployed?.stop());
    const operator = await this.#operator(this.#deployed);
    const { put, metadataFiles } = await this.#breakAll(operator, clouds, faults);
    if (clouds.late !== undefined) await noteBeginning(clouds.late.name, operator, put);
    await this.#calmDown(operator, recordsOf(put));
    const unreconciled = this.#options.reconciles === false ? [] : await reconciled(operator, this.#deployed);
    const survey = await surveyed(operator, clouds, before);
    const { ledger, messages } = faults;
    const { deliveries } = messages;
    const done = { drops: put, ledger, deliveries, metadataFiles, unreconciled, unheard: this.#unheard };
    const { outcomes, failedByFaults, findings } = verdictOn(done, survey);
    const seconds = (performance.now() - this.#startedAt) / 1000;
    const counted = { outcomes, failedByFaults, findings, faults: faults.counts() };
    return { drops, ...counted, killPoints: faults.functions.killPoints, seconds };
  }

  async #operator({ endpoints, operator, outputs }: EmbeddedStack): Promise<Operator> {
    const s3 = new S3Client({ endpoint: endpoints.s3, region: 'us-east-1', credentials: operator });
    const queues = new Queues({ endpoints, operator, outputs });
    this.#stops.push(() => {
      s3.destroy();
      queues.close();
    });
    await queues.listen();
    const records = new RecordReader(s3, outputs.StatusBucketName ?? '');
    return { s3, queues, bucket: outputs.DropBucketName ?? '', workBucket: outputs.WorkBucketName ?? '', records };
  }

  /** Puts all drops, and goes on until half of them are settled. */
  async #breakAll(operator: Operator, clouds: ChaosClouds, faults: ChaosFaults): Promise<DropDriver> {
    const { seed, drops, minutes = 0, faultsWithinSeconds = FAULTS_WITHIN_SECONDS } = this.#options;
    const { s3, bucket, records } = operator;
    this.#operate(operator, faults);
    const targets = [...clouds.clouds, ...(clouds.late === undefined ? [] : [clouds.late])].map(({ target }) => target);
    const onDrop = async (index: number) => {
      await this.#strike(index, operator, clouds, faults);
      if (index === Math.floor(drops / 2)) await this.#redeploy(operator, clouds, faults, driver);
    };
    const driver = new DropDriver({ s3, bucket, seed, drops, subjects: faults.subjects, targets, onDrop });
    const faultsEnd = performance.now() + minutes * 60_000;
    await driver.run();
    this.#say(`All ${drops} drops are in.`);
    await this.#until(faultsWithinSeconds, async () => (await records.over()) * 2 >= recordsOf(driver.put));
    await sleep(Math.max(0, faultsEnd - performance.now()));
    faults.off();
    return driver;
  }

  /** What an operator does from time to time, also when the faults are over: some of it is what they have left. */
  #operate(operator: Operator, faults: ChaosFaults): void {
    const work = async () => {
      await operator.queues.redrive();
      await endPauses(operator);
      if (faults.requests.on && this.#wants(OTHER_KINDS.retried)) await retrySome(operator, faults, this.#options.seed);
    };
    this.#repeat(work, REDRIVE_MS);
    if (this.#options.reconciles !== false) this.#repeat(() => this.#reconcile(), RECONCILE_MS);
  }

  /** In place of the schedule, which goes by the real clock. */
  async #reconcile(): Promise<void> {
    const stack = this.#deployed;
    await stack?.invoke(stack.outputs.ReconcileFunctionName ?? '', {});
  }

  /** Does the work again and again while there is a stack, never twice at the same time, until the run is over. */
  #repeat(work: () => Promise<void>, everyMs: number): void {
    let working: Promise<void> = Promise.resolve();
    let nextAt = Date.now() + everyMs;
    const operating = setInterval(() => {
      if (this.#deployed === undefined || Date.now() < nextAt) return;
      nextAt = Date.now() + everyMs;
      working = working.then(work).catch((error) => this.#say(String(error)));
    }, CLOCK_LOOK_MS);
    this.#stops.push(() => {
      clearInterval(operating);
      return working;
    });
  }

  /** The stack ends as it is, and goes on with one more target and other settings. */
  async #redeploy(
    operator: Operator,
    { clouds, late }: ChaosClouds,
    faults: ChaosFaults,
    driver: DropDriver,
  ): Promise<void> {
    if (late === undefined || !this.#wants(OTHER_KINDS.redeployed)) return;
    faults.ledger.note(OTHER_KINDS.redeployed);
    // Announcements have the time of their function's clock.
    const from = new Date(Date.now() - MAX_CLOCK_MS).toISOString();
    await operator.queues.told();
    const before = this.#deployed;
    this.#deployed = undefined;
    await before?.stop();
    this.#deployed = await this.#stack([...clouds, late], faults, OTHER_SETTINGS);
    await operator.queues.listen();
    this.#unheard.push({ from, to: new Date(Date.now() + MAX_CLOCK_MS).toISOString() });
    // What nobody has taken up yet may be the first drop of the new target.
    const taken = new Set([...(await operator.records.all()).values()].map(({ drop }) => drop.id));
    for (const drop of driver.put) if (!taken.has(drop.id)) drop.mayGoTo = late.name;
    this.#say(`Deployed anew, with the target ${late.name}.`);
  }

  /** Waits until no message is under way and nothing happens to any of so many records. */
  async #calmDown({ queues, records }: Operator, expected: number): Promise<void> {
    this.#say('The faults have ended; waiting until all is quiet.');
    let over = -1;
    let isQuiet = false;
    for (let goesOn = true; goesOn && !isQuiet; ) {
      const before = over;
      isQuiet = await this.#until(this.#options.quietWithinSeconds ?? QUIET_WITHIN_SECONDS, async () => {
        const messages = Object.values(await queues.counts()).reduce((sum, count) => sum + count, 0);
        over = await records.over();
        // A letter that stays is counted again after each restart, which gives it another id.
        return messages <= 0 && over >= expected;
      });
      goesOn = over > before;
    }
    this.#say(isQuiet ? 'All is quiet.' : 'It does not become quiet.');
  }

  async #clouds(faults: ChaosFaults): Promise<ChaosClouds> {
    const { osCloud, openStack = false } = this.#options;
    const started = openStack
      ? await openStackClouds(this.#folder)
      : osCloud === undefined
        ? await simulatedClouds(this.#folder, {
            mishap: (imageId) => this.#mishap(imageId, faults),
            standBeforeStaging: (url) => faults.standBeforeStaging(url),
          })
        : await ownClouds(osCloud);
    this.#stops.push(() => started.stop());
    return started;
  }

  #mishap(imageId: string, faults: ChaosFaults): Mishap | undefined {
    const subject = faults.subjects.ofImage(imageId);
    // An image of a fast import is known by its record only when it is complete.
    if (!faults.requests.on || subject === undefined) return undefined;
    const roll = seeded(this.#options.seed, 'mishap', subject, faults.ledger.of(subject).length);
    const mishap = (kind: string, happens: Mishap) => {
      if (!this.#wants(kind)) return undefined;
      faults.ledger.note(kind, subject);
      return happens;
    };
    if (roll < SAVING_FOR_EVER_CHANCE) return mishap(OTHER_KINDS.savingForEver, 'saving for ever');
    const rest = roll - SAVING_FOR_EVER_CHANCE;
    if (rest < SAVING_LATE_CHANCE) return mishap(OTHER_KINDS.savingLate, 'saving late');
    return rest < SAVING_LATE_CHANCE + KILLED_CHANCE ? mishap(OTHER_KINDS.killed, 'killed') : undefined;
  }

  /** @param others what is set of every target besides */
  async #stack(clouds: readonly ChaosCloud[], faults: ChaosFaults, others: object = {}): Promise<EmbeddedStack> {
    const cloudAssembly = join(this.#folder, 'cdk.out');
    const settings = { activeWithinSeconds: ACTIVE_WITHIN_SECONDS, ...others };
    const targets = Object.fromEntries(
      clouds.map(({ name, target }) => [name, { kind: target.kind, ...settings, ...target.settings }]),
    );
    const { versioning = 'enabled' } = this.#options;
    await chaosAssembly(cloudAssembly, { targets, versioning });
    await this.#options.prepare?.(cloudAssembly);
    const cloudsYaml = await cloudsYamlBehind(clouds, (cloud, url) => faults.standBeforeCloud(cloud, url));
    faults.subjects.targets = clouds.map(({ name }) => name);
    const stack = await startStack({
      cloudAssembly,
      stackName: STACK,
      folder: join(this.#folder, 'stack'),
      secrets: { [SECRET]: cloudsYaml },
      faults,
      onLog: (line) => this.#log(line, faults),
    });
    const { DropBucketName: drops = '', StatusBucketName: records = '', WorkBucketName: work = '' } = stack.outputs;
    faults.buckets = { drops, records, work };
    return stack;
  }

  #log(line: string, faults: ChaosFaults): void {
    if (line.includes('Task timed out after')) faults.functions.timedOut();
    if (process.env.CHAOS_LOG !== undefined) appendFileSync(process.env.CHAOS_LOG, `${line}\n`);
  }

  /** What breaks whole services goes by the drops that go in, not by the clock. */
  async #strike(index: number, operator: Operator, { crash, clouds }: ChaosClouds, faults: ChaosFaults): Promise<void> {
    if (isDue(index, OUTAGE_EVERY) && this.#wants(OTHER_KINDS.keystoneDown)) faults.keystoneDown(OUTAGE_MS);
    if (isDue(index, REVOKED_EVERY) && this.#wants(OTHER_KINDS.revoked)) {
      faults.revoke(REVOKED_MS, () => endPauses(operator).catch((error) => this.#say(String(error))));
    }
    if (crash !== undefined && isDue(index, CRASH_EVERY)) {
      faults.ledger.note(OTHER_KINDS.glanceKilled);
      await crash();
    }
    const [how, kind] =
      Math.floor(index / INTERFERES_EVERY) % 2 === 0
        ? (['delete', OTHER_KINDS.deletedByOthers] as const)
        : (['rename', OTHER_KINDS.changedByOthers] as const);
    if (!isDue(index, INTERFERES_EVERY) || !this.#wants(kind)) return;
    const ofGlance = clouds.filter(({ target }) => target.kind === 'glance');
    const dice = seeded(this.#options.seed, 'others', index);
    const cloud = ofGlance[index % ofGlance.length];
    if (cloud !== undefined) await interfere(cloud, how, faults, dice);
  }

  /** Kinds that are asked for, and that can be had of the cloud. */
  #wants(kind: string): boolean {
    const { wants = () => true, openStack = false, osCloud } = this.#options;
    if (kind === OTHER_KINDS.glanceKilled && !openStack) return false;
    if (SIMULATED.includes(kind) && (openStack || osCloud !== undefined)) return false;
    return wants(kind);
  }

  async #until(seconds: number, done: () => Promise<boolean>): Promise<boolean> {
    const end = performance.now() + seconds * 1000;
    while (performance.now() < end) {
      if (await done()) return true;
      // Each look lists every record.
      await sleep(1000 + this.#options.drops * LOOK_MS_PER_DROP);
    }
    return false;
  }

  #say(line: string): void {
    this.#options.say?.(line);
  }
}
