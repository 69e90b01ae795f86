/**
 * Loaded into a function's process before its bundle (NODE_OPTIONS --import), when faults are asked for. It shifts the
 * process's clock, and lets its connections come from an address of its own, by which a proxy knows who calls.
 * Imports nothing that a bundle could collide with.
 */
import { flushCompileCache } from 'node:module';
import { Socket } from 'node:net';
import { type Clock, replaceClock, timeOf } from './clock.ts';

// A process that is killed does not store the code that it has compiled; by its first invocation it has loaded its bundle.
process.once('message', () => flushCompileCache());

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

/** Functions and the services that they use share one clock, which its owner makes faster and slower. */
const shared = process.env.IMAGEDROP_FAULTS_TIME;
let clock: Clock = JSON.parse(shared ?? '{"realMs":0,"shownMs":0,"speed":1}');
process.on('message', (message: { readonly type?: string; readonly clock?: Clock }) => {
  if (message.type === 'clock' && message.clock !== undefined) clock = message.clock;
});

/** `after:offset,after:offset…`: after that many milliseconds of this process's life its clock is ahead by the offset. */
const jumps = (process.env.IMAGEDROP_FAULTS_CLOCK ?? '')
  .split(',')
  .filter((jump) => jump !== '')
  .map((jump) => jump.split(':').map(Number) as [number, number]);

if (jumps.length > 0 || shared !== undefined) {
  const startedAt = Date.now();
  replaceClock((realMs) => {
    const [, offset = 0] = jumps.findLast(([after]) => realMs - startedAt >= after) ?? [];
    return timeOf(clock, realMs) + offset;
  });
}
