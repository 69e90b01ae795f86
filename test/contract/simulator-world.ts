import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { httpClient } from '../../lambda/adapters/http.ts';
import { endpointOpener } from '../../lambda/endpoints/registry.ts';
import type { GlanceLimits, GlanceSettings } from '../../local/simulator/settings.ts';
import { type Simulator, startSimulator } from '../../local/simulator/simulator.ts';
import { ADMIN, ask, ImageClient, passwordRequest, STRANGER, UPLOADER } from '../local/simulator/cloud.ts';
import { TARGETS } from '../support/endpoint-fixture.ts';
import type { ServiceSettings, ServiceWorld, Who } from './service-world.ts';
import { startSource } from './source.ts';

const ACCOUNTS: Readonly<Record<Who, { readonly user: object; readonly project: string }>> = {
  member: { user: UPLOADER, project: 'imagedrop' },
  admin: { user: ADMIN, project: 'imagedrop' },
  stranger: { user: STRANGER, project: 'elsewhere' },
};

/** The simulator, in this process. */
export async function simulatorWorld(): Promise<ServiceWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'contract-simulator-'));
  const source = await startSource();
  let settings: ServiceSettings = {};
  const start = () =>
    startSimulator({
      folder,
      glance: glanceSettings(settings),
      ...(settings.tokenSeconds !== undefined && { tokenLifetimeSeconds: settings.tokenSeconds }),
    });
  let simulator: Simulator = await start();
  return {
    name: 'the simulator',
    source,
    async configure(changed) {
      settings = changed;
      await simulator.close();
      simulator = await start();
    },
    endpoint(changes = {}) {
      const open = endpointOpener({ httpFor: () => httpClient(), now: () => new Date() });
      return open(simulator.cloudsYaml(), { ...TARGETS.glance, ...changes, name: 'simulator' });
    },
    async client(who = 'member') {
      const { user, project } = ACCOUNTS[who];
      const body = JSON.stringify(passwordRequest(user, project));
      const { headers } = await ask(`${simulator.authUrl}/auth/tokens`, 'POST', body);
      return new ImageClient(`${simulator.url}/image`, String(headers['x-subject-token']));
    },
    async crash() {
      // What a crash leaves behind is what was on disk at that moment; closing would put everything in order first.
      const left = `${folder}-left`;
      await cp(folder, left, { recursive: true });
      await simulator.close();
      await rm(folder, { recursive: true });
      await cp(left, folder, { recursive: true });
      await rm(left, { recursive: true });
      simulator = await start();
    },
    async keepHashes(id, kept) {
      await simulator.close();
      const file = join(folder, 'glance/images', `${id}.json`);
      const image = JSON.parse(await readFile(file, 'utf8'));
      const checksum = kept === 'md5' ? image.checksum : null;
      await writeFile(file, JSON.stringify({ ...image, checksum, hashAlgorithm: null, hashValue: null }));
      simulator = await start();
    },
    storedBytes: (id) => readFile(simulator.imageFile(id)),
    async stop() {
      await simulator.close();
      await source.close();
      await rm(folder, { recursive: true });
    },
  };
}

function glanceSettings(settings: ServiceSettings): Partial<GlanceSettings> {
  const { diskFormats, importMethods, importFilter, hashAlgorithm } = settings;
  return {
    limits: limits(settings),
    importPorts: importFilter === 'open' ? 'any' : [80, 443],
    ...(diskFormats !== undefined && { diskFormats }),
    ...(importMethods !== undefined && { importMethods }),
    ...(hashAlgorithm !== undefined && { hashAlgorithm }),
  };
}

function limits({ imageSizeCapBytes, userStorageQuotaBytes, storeBytes, quotas = {} }: ServiceSettings): GlanceLimits {
  const { imageSizeTotalMib, imageCountTotal, imageCountUploading } = quotas;
  return {
    ...(imageSizeCapBytes !== undefined && { imageSizeCapBytes }),
    ...(userStorageQuotaBytes !== undefined && { userStorageQuotaBytes }),
    ...(storeBytes !== undefined && { storeCapacityBytes: storeBytes }),
    ...(imageSizeTotalMib !== undefined && { imageSizeTotalMiB: imageSizeTotalMib }),
    ...(imageCountTotal !== undefined && { imageCountTotal }),
    ...(imageCountUploading !== undefined && { imageCountUploading }),
  };
}
