/** What host and function environment say to each other over the IPC channel of the child process. */

export interface Invoke {
  readonly type: 'invoke';
  readonly requestId: string;
  readonly functionArn: string;
  /** Milliseconds since the epoch at which the invocation is killed. */
  readonly deadline: number;
  readonly event: unknown;
}

export type FromEnvironment =
  | { readonly type: 'ready' }
  | { readonly type: 'result'; readonly result: unknown }
  /** The handler threw, or could not be loaded. */
  | { readonly type: 'error'; readonly error: InvocationError };

/** As Lambda describes an error in the answer of Invoke. */
export interface InvocationError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}
