/** A clock that shows a given time at one moment of the real clock, and runs at a given speed from then on. */
export interface Clock {
  readonly realMs: number;
  readonly shownMs: number;
  readonly speed: number;
}

/** Milliseconds since the epoch that the clock shows. */
export const timeOf = ({ realMs, shownMs, speed }: Clock, nowMs: number): number => shownMs + (nowMs - realMs) * speed;

/**
 * Replaces the clock of this process: whatever asks Date for the time gets another. Timers keep the real time. Imports
 * nothing, because it is loaded into functions too.
 *
 * @param shown milliseconds since the epoch, for the real ones
 */
export function replaceClock(shown: (realMs: number) => number): void {
  const RealDate = Date;
  const now = (): number => shown(RealDate.now());
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget === globalThis.Date ? target : newTarget),
    apply: () => new RealDate(now()).toString(),
    get: (target, property) => (property === 'now' ? now : Reflect.get(target, property)),
  });
}
