import type { Cloud } from '../../lambda/clouds/cloud.ts';
import { FaultProxy } from '../../local/contributing/faults/fault-proxy.ts';
import type { StackFaults } from '../../local/faults.ts';
import type { Endpoints } from '../../local/lambda/variables.ts';
import { FunctionWatch } from './function-watch.ts';
import { KINDS } from './kinds.ts';
import { Ledger } from './ledger.ts';
import { ChaosMessages } from './message-faults.ts';
import type { Buckets } from './operation.ts';
import { RequestFaults } from './request-faults.ts';
import { RunClock } from './run-clock.ts';
import { Subjects } from './subjects.ts';

export interface ChaosFaultsOptions {
  readonly seed: number;
  readonly wants: (kind: string) => boolean;
  /** How many times as likely as usual what happens to requests and messages is. @default 1 */
  readonly likelier?: number | undefined;
  /** The folder in which functions keep their compiled code. */
  readonly compileCache: string;
  /** Whether time passes faster while nothing works; not where a cloud goes by the real clock. @default false */
  readonly hurries?: boolean;
}

/** All that goes wrong in a run: one seed, one ledger. */
export class ChaosFaults implements StackFaults {
  readonly ledger = new Ledger();
  readonly subjects = new Subjects();
  readonly functions: FunctionWatch;
  readonly messages: ChaosMessages;
  readonly requests: RequestFaults;
  buckets: Buckets = { drops: '', records: '', work: '' };
  readonly #wants: (kind: string) => boolean;
  readonly #proxies: FaultProxy[] = [];
  readonly #replaced = new Map<string, string>();
  readonly #clock: RunClock | undefined;
  #keystone: NodeJS.Timeout | undefined;
  #revoked: NodeJS.Timeout | undefined;

  constructor({ seed, wants, likelier = 1, compileCache, hurries = false }: ChaosFaultsOptions) {
    const { ledger, subjects } = this;
    this.#wants = wants;
    const shared = { seed, ledger, subjects, wants, likelier };
    this.functions = new FunctionWatch({ ...shared, compileCache, replaced: () => this.#replaced });
    this.messages = new ChaosMessages(shared);
    if (hurries) {
      const isBusy = () => this.functions.isStarting || this.#proxies.some((proxy) => proxy.isBusy);
      this.#clock = new RunClock({ isBusy, changed: (clock) => this.functions.setClock(clock) });
    }
    const asked = () => this.#clock?.sign();
    this.requests = new RequestFaults({ ...shared, functions: this.functions, asked });
  }

  async endpoints({ s3, sqs }: Endpoints): Promise<Endpoints> {
    const buckets = () => this.buckets;
    const objects = await this.#proxy({ target: s3, decide: this.requests.decide('s3', buckets, s3) });
    const gate = await this.#proxy({ target: sqs, decide: this.requests.decide('gate', buckets, sqs) });
    // Queues are known by their URLs, which stand in the functions' variables.
    this.#replaced.set(sqs, gate.url);
    return { s3: objects.url, sqs: gate.url, sns: gate.url, secretsManager: gate.url, lambda: gate.url };
  }

  /** @returns where the service is found behind a proxy of its own */
  async standBeforeCloud({ verify, cacert }: Cloud, url: string): Promise<string> {
    const decide = this.requests.decide('cloud', () => this.buckets, new URL(url).origin);
    const { origin, pathname } = new URL(url);
    const proxy = await this.#proxy({ target: origin, decide, renamesHost: true, verify, ca: cacert });
    return proxy.url + (pathname === '/' ? '' : pathname);
  }

  /** @returns where object storage of a target is found behind a proxy of its own */
  async standBeforeStaging(url: string): Promise<string> {
    const decide = this.requests.decide('staging', () => this.buckets, url);
    return (await this.#proxy({ target: url, decide })).url;
  }

  keystoneDown(milliseconds: number): void {
    clearTimeout(this.#keystone);
    this.requests.keystoneIsDown = true;
    this.#keystone = setTimeout(() => {
      this.requests.keystoneIsDown = false;
    }, milliseconds);
  }

  /** For a while the credentials are refused, and every token. @param restored told when that is over */
  revoke(milliseconds: number, restored: () => Promise<void>): void {
    clearTimeout(this.#revoked);
    this.requests.credentialsAreRevoked = true;
    this.#revoked = setTimeout(() => {
      this.requests.credentialsAreRevoked = false;
      void restored();
    }, milliseconds);
  }

  /** From now on everything works. */
  off(): void {
    this.requests.on = false;
    this.requests.credentialsAreRevoked = false;
    this.messages.on = false;
    this.functions.off();
  }

  counts(): ReturnType<Ledger['counts']> {
    return this.ledger.counts(KINDS.filter(this.#wants));
  }

  async close(): Promise<void> {
    clearTimeout(this.#keystone);
    clearTimeout(this.#revoked);
    this.#clock?.stop();
    await Promise.all(this.#proxies.map((proxy) => proxy.close()));
  }

  async #proxy(options: Parameters<typeof FaultProxy.listen>[0]): Promise<FaultProxy> {
    const proxy = await FaultProxy.listen(options);
    this.#proxies.push(proxy);
    return proxy;
  }
}
