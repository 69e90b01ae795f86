import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type StackAtHand, stackAtHand } from '../bin/support/stack-at-hand.ts';
import { documentedCloud } from '../docs/commands/documented-cloud.ts';
import { Screen } from '../support/terminal/screen.ts';

const IMAGEDROP = join(import.meta.dirname, '../../bin/imagedrop.js');
/** What the closing table of `imagedrop drop` takes for images with short names. */
const COLUMNS = 112;
const ROWS = 40;

/** A user who types commands on a terminal, in a folder where a stack runs. */
export class TerminalWorld {
  readonly #atHand: StackAtHand;
  readonly #folder: string;

  private constructor(atHand: StackAtHand, folder: string) {
    this.#atHand = atHand;
    this.#folder = folder;
  }

  static async start(): Promise<TerminalWorld> {
    const folder = await mkdtemp(join(tmpdir(), 'imagedrop-terminal-'));
    return new TerminalWorld(await stackAtHand({ cloud: await documentedCloud(folder) }), folder);
  }

  get pipeline() {
    return this.#atHand.pipeline;
  }

  get user() {
    return this.#atHand.user;
  }

  /** @returns the screen after the command has ended; `script` of util-linux gives it a pseudo-terminal */
  type(...args: string[]): Promise<Screen> {
    const command = [process.execPath, IMAGEDROP, ...args].map((word) => `'${word}'`).join(' ');
    const script = ['-qec', `stty cols ${COLUMNS} rows ${ROWS}; ${command}`, '/dev/null'];
    const { folder: cwd, environment } = this.user;
    const { FORCE_COLOR: _, ...env } = {
      ...environment,
      TERM: 'xterm-256color',
      LC_ALL: 'C.UTF-8',
    } as NodeJS.ProcessEnv;
    const child = spawn('script', script, { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] });
    const screen = new Screen(COLUMNS);
    return new Promise((resolve, reject) => {
      child.stdout.on('data', (chunk: Buffer) => {
        try {
          screen.write(chunk);
        } catch (error) {
          reject(error);
        }
      });
      child.on('error', reject);
      child.on('close', () => resolve(screen));
    });
  }

  async stop(): Promise<void> {
    await this.#atHand.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
