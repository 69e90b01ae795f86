/** One fault that concerned a drop. */
export interface Injected {
  readonly kind: string;
  /** The invocation that it happened to, by its number in the run; undefined where it happened to none. */
  readonly attempt?: number | undefined;
}

/** What was injected: by kind, and for each drop. */
export class Ledger {
  readonly #byKind = new Map<string, number>();
  readonly #bySubject = new Map<string, Injected[]>();

  /** @param subject the drop that it concerned; undefined where it concerned none, or nobody knows which */
  note(kind: string, subject?: string, attempt?: number): void {
    this.#byKind.set(kind, (this.#byKind.get(kind) ?? 0) + 1);
    if (subject !== undefined) this.concerns(kind, subject, attempt);
  }

  /** Another drop that a fault concerned which is counted already. */
  concerns(kind: string, subject: string, attempt?: number): void {
    this.#bySubject.set(subject, [...this.of(subject), { kind, attempt }]);
  }

  of(subject: string): readonly Injected[] {
    return this.#bySubject.get(subject) ?? [];
  }

  /** Of these kinds, in their order, with those that never came. */
  counts(kinds: readonly string[]): readonly (readonly [kind: string, times: number])[] {
    return [...new Set([...kinds, ...this.#byKind.keys()])].map((kind) => [kind, this.#byKind.get(kind) ?? 0]);
  }
}
