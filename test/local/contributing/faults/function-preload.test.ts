import { execFile, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { serve } from '../../../support/http-server.ts';

const PRELOAD = new URL('../../../../local/contributing/faults/function-preload.ts', import.meta.url);

/** What a process prints that runs this, as a function's process runs its bundle. */
async function printed(program: string, env: Record<string, string>): Promise<string> {
  const args = [`--import=${PRELOAD.href}`, '--input-type=module', '--eval', program];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  return stdout.trim();
}

describe("a function's process under faults", () => {
  test('connects from an address of its own, and keeps its connections', async () => {
    const sockets = new Set<unknown>();
    const url = await serve((request, response) => {
      sockets.add(request.socket);
      response.end(request.socket.remoteAddress);
    });
    const program = `
      import { Agent, get } from 'node:http';
      const agent = new Agent({ keepAlive: true });
      for (let times = 0; times < 3; times += 1) {
        const from = await new Promise((resolve) => get('${url}', { agent }, (r) => r.setEncoding('utf8').on('data', resolve)));
        console.log(from);
        await new Promise((next) => setTimeout(next, 20));
      }
      agent.destroy();`;
    const from = await printed(program, { IMAGEDROP_FAULTS_ADDRESS: '127.1.2.3' });
    expect(from.split('\n')).toEqual(['127.1.2.3', '127.1.2.3', '127.1.2.3']);
    // An agent that no longer knew its connections would open one for each request, until it may open no more.
    expect(sockets.size).toBe(1);
  });

  test('has a clock that jumps when it is asked to, for all that ask the time', async () => {
    const program = `
      const real = performance.timeOrigin;
      const ahead = () => [Date.now(), new Date().getTime(), Date.parse(Date()), new Date(Date.now()).getTime()]
        .map((time) => Math.round((time - real) / 60_000)).join();
      console.log(ahead());
      setTimeout(() => console.log(ahead()), 400);`;
    const minutes = await printed(program, { IMAGEDROP_FAULTS_CLOCK: '0:120000,300:-240000' });
    expect(minutes.split('\n')).toEqual(['2,2,2,2', '-4,-4,-4,-4']);
  });

  test('has the clock that it is given, and takes another while it runs', async () => {
    const program = `
      const times = () => console.log(Math.round(Date.now() / performance.timeOrigin));
      times();
      process.on('message', () => {
        times();
        process.disconnect();
      });
      process.send('listens');`;
    const clock = { realMs: 0, shownMs: 0, speed: 2 };
    const child = spawn(process.execPath, [`--import=${PRELOAD.href}`, '--input-type=module', '--eval', program], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      env: { IMAGEDROP_FAULTS_TIME: JSON.stringify(clock) },
    });
    child.once('message', () => child.send({ type: 'clock', clock: { ...clock, speed: 3 } }));
    expect((await text(child.stdout as Readable)).trim()).toBe('2\n3');
  });

  test('keeps the dates that it is given, and what is a date', async () => {
    const program = `
      console.log(new Date(0).toISOString(), new Date(2026, 0, 2).getDate(), Date.UTC(1970, 0, 1, 0, 0, 1));
      class Own extends Date {}
      console.log(new Date() instanceof Date, new Own(5) instanceof Own, new Own(5).getTime());`;
    expect(await printed(program, { TZ: 'UTC', IMAGEDROP_FAULTS_CLOCK: '0:60000' })).toBe(
      '1970-01-01T00:00:00.000Z 2 1000\ntrue true 5',
    );
  });

  test('is as any other where nothing is asked for', async () => {
    const program = `console.log(Math.abs(Date.now() - performance.timeOrigin) < 60_000, Date.name);`;
    expect(await printed(program, {})).toBe('true Date');
  });
});
