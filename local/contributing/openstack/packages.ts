import { OpenStackError, runProgram } from './run-program.ts';

/**
 * What Keystone, Glance, their database and the command line `openstack` are called in Debian. Of MariaDB's, none that
 * starts a server of the whole machine.
 */
export const PACKAGES = [
  'keystone',
  'glance-api',
  'python3-openstackclient',
  'uwsgi-core',
  'uwsgi-plugin-python3',
  'mariadb-server-core',
  'mariadb-client-core',
  'python3-pymysql',
] as const;

export interface Installer {
  /** Default: PACKAGES. */
  readonly packages?: readonly string[];
  /** Default: that of this process. 0 is root. */
  readonly userId?: number | undefined;
  /** Where dpkg-query and apt-get are looked for. Default: this process's PATH. */
  readonly path?: string | undefined;
}

/**
 * Installs what is missing of Debian's packages.
 * @returns the names of those that were installed now
 * @throws OpenStackError when this is not Debian, or something is missing and the user is not root
 */
export async function installPackages(installer: Installer = {}): Promise<readonly string[]> {
  const missing = await missingPackages(installer);
  if (missing.length === 0) return [];
  if ((installer.userId ?? process.getuid?.()) !== 0) {
    throw new OpenStackError(
      `These packages are missing, and only root can install them: ${missing.join(' ')}. ` +
        `Run \`sudo apt-get install --no-install-recommends ${missing.join(' ')}\`, then try again.`,
    );
  }
  await install(missing, environmentOf(installer));
  return missing;
}

/** @throws OpenStackError when this is not Debian */
export async function missingPackages(installer: Installer = {}): Promise<readonly string[]> {
  const options = { environment: environmentOf(installer) };
  // Names with a state, because dpkg-query fails when it has never heard of one of the packages that it is asked for.
  const args = ['-W', '-f', ['$', '{Package} $', '{db:Status-Status}\\n'].join('')];
  const listing = await runProgram('dpkg-query', args, options).catch((cause: unknown) => {
    throw new OpenStackError(
      'Keystone and Glance are installed from the packages of Debian or Ubuntu, and there is no dpkg-query here. ' +
        `On such a system the packages are: ${PACKAGES.join(' ')}.`,
      { cause },
    );
  });
  const installed = new Set(listing.split('\n').map((line) => line.trim()));
  return (installer.packages ?? PACKAGES).filter((name) => !installed.has(`${name} installed`));
}

async function install(packages: readonly string[], environment: Record<string, string | undefined>): Promise<void> {
  const quiet = { environment: { ...environment, DEBIAN_FRONTEND: 'noninteractive' } };
  await runProgram('apt-get', ['update', '-q'], quiet);
  await runProgram('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...packages], quiet);
}

function environmentOf({ path }: Installer): Record<string, string | undefined> {
  return { ...process.env, ...(path !== undefined && { PATH: path }) };
}
