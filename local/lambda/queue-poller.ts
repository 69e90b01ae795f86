import { setTimeout } from 'node:timers/promises';
import type { MessageFault, MessageFaults } from '../faults.ts';
import type { QueueEngine, ReceivedMessage } from '../services/queue-engine.ts';
import type { MappingPlan } from '../template/functions.ts';
import type { LambdaFunction } from './lambda-function.ts';
import { failedMessages, sqsEvent } from './sqs-event.ts';

export interface PollerOptions {
  readonly mapping: MappingPlan;
  readonly target: LambdaFunction;
  readonly engine: QueueEngine;
  readonly faults?: MessageFaults | undefined;
  /** Called for errors of the queue itself; the poller continues. */
  readonly onError: (error: unknown) => void;
}

/** The most that one ReceiveMessage may ask for, and the longest it may wait (Amazon SQS API reference). */
const MAX_MESSAGES = 10;
const MAX_WAIT_SECONDS = 20;
/** A queue that fails, as with a full disk, is not asked in a tight loop. */
const ERROR_PAUSE_MS = 1000;

/** One event source mapping: brings the messages of a queue to a function, in batches, several at one time. */
export class QueuePoller {
  readonly #options: PollerOptions;
  readonly #batches = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  /** Ids of messages whose deletion is to be lost. */
  readonly #kept = new Set<string>();
  #polling: Promise<void> | undefined;

  constructor(options: PollerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#polling = this.#poll();
  }

  /** Takes no more messages. Those that are with the function stay with it: see drained. */
  stop(): void {
    this.#stopping.abort();
  }

  /** Resolves when, after stop, no batch is with the function any more. */
  async drained(): Promise<void> {
    await this.#polling;
    await Promise.all(this.#batches);
  }

  get #stopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #poll(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#next();
      } catch (error) {
        this.#options.onError(error);
        await setTimeout(ERROR_PAUSE_MS);
      }
    }
  }

  async #next(): Promise<void> {
    const { target, mapping } = this.#options;
    await target.capacity();
    if (this.#stopped) return;
    const messages = await this.#worked(await this.#collect());
    if (messages.length > 0) this.#begin(messages);
    if (this.#batches.size >= mapping.maximumConcurrency) await Promise.race(this.#batches);
  }

  /** One batch: waits for its first message, and then as long as the batching window says for more of them. */
  async #collect(): Promise<readonly ReceivedMessage[]> {
    const { mapping } = this.#options;
    const messages = [...(await this.#receive(mapping.batchSize, MAX_WAIT_SECONDS))];
    const end = Date.now() + mapping.batchingWindowSeconds * 1000;
    for (let left = end - Date.now(); left > 0 && !this.#stopped; left = end - Date.now()) {
      if (messages.length === 0 || messages.length >= mapping.batchSize) break;
      const wait = Math.min(left / 1000, MAX_WAIT_SECONDS);
      messages.push(...(await this.#receive(mapping.batchSize - messages.length, wait)));
    }
    return messages;
  }

  async #receive(count: number, waitSeconds: number): Promise<readonly ReceivedMessage[]> {
    const { engine, mapping } = this.#options;
    return await engine.receive(mapping.queueArn, Math.min(count, MAX_MESSAGES), waitSeconds, this.#stopping.signal);
  }

  /** Those that are to be worked on, after what goes wrong with messages has gone wrong. */
  async #worked(messages: readonly ReceivedMessage[]): Promise<readonly ReceivedMessage[]> {
    const { faults } = this.#options;
    if (faults === undefined) return messages;
    const worked: ReceivedMessage[] = [];
    for (const message of messages) {
      const fault = faults.received(this.#options.mapping.queueArn, message);
      if (fault?.how === 'keep') this.#kept.add(message.MessageId);
      if (fault === undefined || !(await this.#isTaken(fault, message))) worked.push(message);
    }
    return worked;
  }

  /** Carries out the fault. @returns whether the message is out of the function's reach by that */
  async #isTaken(fault: MessageFault, message: ReceivedMessage): Promise<boolean> {
    const { engine, mapping } = this.#options;
    const { queueArn } = mapping;
    switch (fault.how) {
      case 'double':
        await engine.send(queueArn, message.Body, fault.seconds);
        return false;
      case 'delay':
        await engine.giveBack(queueArn, message, fault.seconds);
        return true;
      case 'lose':
        await engine.delete(queueArn, message);
        return true;
      case 'bury':
        await engine.bury(queueArn, message);
        return true;
      default:
        return false;
    }
  }

  #begin(messages: readonly ReceivedMessage[]): void {
    const batch = this.#process(messages)
      .catch(this.#options.onError)
      .finally(() => this.#batches.delete(batch));
    this.#batches.add(batch);
  }

  async #process(messages: readonly ReceivedMessage[]): Promise<void> {
    const { engine, mapping, target } = this.#options;
    if (this.#stopped) {
      for (const message of messages) await engine.giveBack(mapping.queueArn, message);
      return;
    }
    const outcome = await target.invoke(sqsEvent(messages, mapping.queueArn));
    // A message that is not deleted comes back when its visibility time-out ends.
    if (!outcome.ok) return;
    const failed = mapping.reportBatchItemFailures ? failedMessages(messages, outcome.result) : [];
    const done = messages.filter((message) => !failed.includes(message));
    for (const message of done) {
      if (!this.#kept.delete(message.MessageId)) await engine.delete(mapping.queueArn, message);
    }
  }
}
