import type { Endpoints } from './lambda/variables.ts';
import type { ReceivedMessage } from './services/queue-engine.ts';

type Variables = Readonly<Record<string, string>>;

/** What goes wrong in a stack, as somebody outside of it decides. */
export interface StackFaults {
  /** Gets the address of the services before functions do. @returns the address for the functions */
  endpoints(endpoints: Endpoints): Promise<Endpoints>;
  readonly functions: FunctionFaults;
  readonly messages: MessageFaults;
}

export interface FunctionFaults {
  /** Called for each environment before its process starts. @returns its variables */
  environment(environment: FaultyEnvironment, variables: Variables): Variables;
  /** Called for each invocation when it begins. @returns what to call when it has ended */
  invocation(environment: FaultyEnvironment, event: unknown): () => void;
}

/** One function environment. The object is the same for all its life. */
export interface FaultyEnvironment {
  readonly functionName: string;
  /** Ends its process at once, as a crash or the platform does. */
  kill(): void;
  /** Lets its process stand still for so long, as a machine does that has too much to do. */
  freeze(milliseconds: number): void;
  /** Sends a message to its process, for what a preload has installed there. Its type must not be 'invoke'. */
  tell(message: object): void;
}

export interface MessageFaults {
  /** Seconds after which a message comes at the latest that is to come later: those who wait are woken up too early. */
  readonly longestPauseSeconds?: number;
  /** Asked of each message that comes from a queue for a function. */
  received(queueArn: string, message: ReceivedMessage): MessageFault | undefined;
}

export type MessageFault =
  /** Another of the same comes after so long. */
  | { readonly how: 'double'; readonly seconds: number }
  /** It goes back and comes after so long, as a message of a throttled function does; others overtake it. */
  | { readonly how: 'delay'; readonly seconds: number }
  /** It is worked on, but its deletion is lost: it comes again when its visibility time-out ends. */
  | { readonly how: 'keep' }
  /** It is gone, and has no worker. */
  | { readonly how: 'lose' }
  /** It goes to the dead letters without having been worked on. */
  | { readonly how: 'bury' };
