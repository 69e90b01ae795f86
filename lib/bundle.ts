import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type BundlingOptions, LogLevel, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';

/** The package that this file is part of, in a checkout as in somebody's node_modules. */
const PACKAGE_ROOT = join(import.meta.dirname, '..');

/**
 * Without esbuild the CDK would silently turn to Docker, which need not be there and takes minutes.
 * @param from a file or folder of the package that looks for esbuild
 * @throws Error when esbuild cannot be found from there
 */
export function requireEsbuild(from: string): void {
  try {
    createRequire(from).resolve('esbuild');
  } catch (cause) {
    throw new Error(
      `esbuild is not installed beside ${from}; it bundles the functions: npm install --save-dev esbuild`,
      {
        cause,
      },
    );
  }
}

/** Where the source of a function is and how it is bundled. */
export interface Bundle {
  readonly entry: string;
  readonly projectRoot: string;
  readonly depsLockFilePath: string;
  readonly bundling: BundlingOptions;
}

/** @throws Error when esbuild is not installed beside aws-cdk-lib */
export function bundleOf(entryPoint: string): Bundle {
  requireEsbuild(createRequire(import.meta.url).resolve('aws-cdk-lib'));
  return {
    entry: join(PACKAGE_ROOT, 'lambda', `${entryPoint}.ts`),
    projectRoot: PACKAGE_ROOT,
    // Nothing is installed while bundling, so no lock file is read, and an installed package has none.
    depsLockFilePath: join(PACKAGE_ROOT, 'package.json'),
    bundling: BUNDLING,
  };
}

const BUNDLING: BundlingOptions = {
  format: OutputFormat.ESM,
  target: 'node24',
  // The versions of the lock file run, not those that the runtime happens to have.
  bundleAwsSDK: true,
  // Packages that come as CommonJS and as ES modules are half the size as the latter.
  mainFields: ['module', 'main'],
  // Packages that come as CommonJS only load Node's own modules by require, which ES modules lack.
  banner: "import{createRequire as imagedropRequire}from'node:module';const require=imagedropRequire(import.meta.url);",
  minify: true,
  sourceMap: true,
  // Stack traces need the lines, not the text.
  sourcesContent: false,
  logLevel: LogLevel.WARNING,
};
