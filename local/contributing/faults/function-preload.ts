/**
 * Loaded into a function's process before its bundle (NODE_OPTIONS --import), when faults are asked for. It shifts the
 * process's clock, and lets its connections come from an address of its own, by which a proxy knows who calls.
 * Imports nothing that a bundle could collide with.
 */
import { Socket } from 'node:net';

const address = process.env.IMAGEDROP_FAULTS_ADDRESS;
if (address !== undefined) {
  const connect = Socket.prototype.connect as (...args: unknown[]) => Socket;
  Socket.prototype.connect = function (this: Socket, ...args: unknown[]): Socket {
    // node:net hands over its normalized arguments as one list: [[options, callback]]. The options themselves stay as they
    // are: agents know their connections by them.
    const [first] = args;
    if (Array.isArray(first) && 'port' in Object(first[0])) first[0] = { ...first[0], localAddress: address };
    return connect.apply(this, args);
  } as Socket['connect'];
}

/** `after:offset,after:offset…`: after that many milliseconds of this process's life its clock is ahead by the offset. */
const jumps = (process.env.IMAGEDROP_FAULTS_CLOCK ?? '')
  .split(',')
  .filter((jump) => jump !== '')
  .map((jump) => jump.split(':').map(Number) as [number, number]);

if (jumps.length > 0) {
  const RealDate = Date;
  const startedAt = RealDate.now();
  const now = (): number => {
    const real = RealDate.now();
    const [, offset = 0] = jumps.findLast(([after]) => real - startedAt >= after) ?? [];
    return real + offset;
  };
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget === globalThis.Date ? target : newTarget),
    apply: () => new RealDate(now()).toString(),
    get: (target, property) => (property === 'now' ? now : Reflect.get(target, property)),
  });
}
