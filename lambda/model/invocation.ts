/** The delivery of one message to an invocation of a function. */
export interface Invocation {
  /** Names this delivery of this message; holder of leases. */
  readonly id: string;
  /** Aborts when the function's time is nearly over or its environment must stop; the reason is an ImageDropError. */
  readonly signal: AbortSignal;
  /** What the function had left when it received the message. */
  readonly secondsLeft: number;
  /** How often the message was delivered, including this delivery. */
  readonly receives: number;
  /** When the message was sent; a redrive from the dead letters sends it again. */
  readonly sentAt: Date;
  /** Amazon SQS ChangeMessageVisibility: hides the message from other invocations for some seconds from now. */
  holdMessage(seconds: number): Promise<void>;
}

/** An invocation without a message. */
export type ScheduledInvocation = Pick<Invocation, 'id' | 'signal'>;
