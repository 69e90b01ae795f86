import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

export const ROOT = join(import.meta.dirname, '../..');
const run = promisify(execFile);
const require = createRequire(import.meta.url);

export interface PackedFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

interface Packed {
  readonly filename: string;
  /** Bytes of the tarball. */
  readonly size: number;
  readonly files: readonly PackedFile[];
}

/** What a command came to; it is no error here that it failed. */
export interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder with nothing but a package.json, in which the package that `npm run package` makes is installed. */
export class Consumer {
  readonly folder: string;
  readonly packed: Packed;

  private constructor(folder: string, packed: Packed) {
    this.folder = folder;
    this.packed = packed;
  }

  static async install(): Promise<Consumer> {
    const folder = await mkdtemp(join(tmpdir(), 'imagedrop-consumer-'));
    await run('npm', ['run', 'package'], { cwd: ROOT });
    const packing = ['pack', './package', '--json', '--silent', '--pack-destination', folder];
    const { stdout } = await run('npm', packing, { cwd: ROOT, maxBuffer: 2 ** 24 });
    const [packed]: Packed[] = JSON.parse(stdout.slice(stdout.search(/^\[/m)));
    if (packed === undefined) throw new Error('npm pack has packed nothing.');
    await writeFile(join(folder, 'package.json'), '{ "name": "images", "private": true, "type": "module" }\n');
    const { devDependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
    const peers = ['aws-cdk-lib', 'constructs'].map((name) => `${name}@${devDependencies[name]}`);
    const install = ['install', '--no-audit', '--no-fund', '--prefer-offline', join(folder, packed.filename), ...peers];
    await run('npm', install, { cwd: folder });
    return new Consumer(folder, packed);
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true });
  }

  /** A file of the installed package. */
  installed(path: string): string {
    return join(this.folder, 'node_modules/@imagedrop/cdk', path);
  }

  async write(path: string, content: string | Buffer): Promise<void> {
    await mkdir(dirname(join(this.folder, path)), { recursive: true });
    await writeFile(join(this.folder, path), content);
  }

  /** Runs a program of the consumer's, without anything of the project on its path but Node.js. */
  async run(program: string, ...args: string[]): Promise<Ended> {
    const PATH = `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin:${process.env.PATH}`;
    try {
      const { stdout, stderr } = await run(program, args, { cwd: this.folder, env: { ...process.env, PATH } });
      return { status: 0, stdout, stderr };
    } catch (error) {
      const { code, stdout = '', stderr = '' } = error as { code?: unknown; stdout?: string; stderr?: string };
      if (typeof code !== 'number') throw error;
      return { status: code, stdout, stderr };
    }
  }

  /** `cdk synth` of the project's own CDK command line. */
  synth(file: string): Promise<Ended> {
    const cdk = join(dirname(require.resolve('aws-cdk/package.json')), 'bin/cdk');
    return this.run(process.execPath, cdk, 'synth', '--quiet', '--no-notices', '--app', `${process.execPath} ${file}`);
  }

  /** The project's own TypeScript, strict, with the types that came with the package. */
  compile(...files: string[]): Promise<Ended> {
    const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc');
    const options = ['--strict', '--module', 'nodenext', '--target', 'es2024', '--skipLibCheck', '--types', ''];
    return this.run(process.execPath, tsc, '--noEmit', '--ignoreConfig', ...options, ...files);
  }
}
