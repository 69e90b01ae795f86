import { describe, expect, test } from '@jest/globals';
import { GLANCE_PASTE, glanceConfig } from '../../../../local/contributing/openstack/glance-config.ts';
import type { GlanceSettings } from '../../../../local/contributing/openstack/glance-folder.ts';
import { keystoneConfig } from '../../../../local/contributing/openstack/keystone-folder.ts';
import { configFile } from '../../../../local/contributing/openstack/own-folder.ts';

const accounts = {
  admin: { name: 'admin', password: 'a' },
  glance: { name: 'glance', password: 'g' },
  user: { name: 'user', password: 'u' },
  projectName: 'project',
  projectId: 'p',
  applicationCredential: { id: 'i', secret: 's' },
};

const CONNECTION = 'mysql+pymysql://root@localhost/some?unix_socket=../s&charset=utf8';

/** The lines of one section of Glance's settings. */
function glance(section: string, settings: GlanceSettings = {}): string[] {
  const text = glanceConfig({
    folder: '/f',
    port: 9292,
    authUrl: 'http://127.0.0.1:5000/v3',
    accounts,
    endpointId: 'e',
    connection: CONNECTION,
    settings,
  });
  const [, rest = ''] = text.split(`[${section}]\n`);
  return (
    rest
      .split(/\n?\[\w+\]\n/)[0]
      ?.trimEnd()
      .split('\n') ?? []
  );
}

test('a file of settings has its sections and options in order, without those that keep their defaults', () => {
  const text = configFile({ one: { a: 1, b: undefined, c: true }, two: { list: ['x', 'y'] } });
  expect(text).toBe('[one]\na = 1\nc = true\n\n[two]\nlist = x,y\n');
});

test('a dollar sign in a value is not a reference to another option', () => {
  expect(configFile({ one: { path: '/a$b' } })).toBe('[one]\npath = /a$$b\n');
});

test('Keystone gives its tokens the time that is asked for', () => {
  expect(keystoneConfig({ folder: '/f', connection: CONNECTION, tokenSeconds: 20 })).toContain(
    '\n[token]\nprovider = fernet\nexpiration = 20\n',
  );
});

test('Keystone has its database', () => {
  const text = keystoneConfig({ folder: '/f', connection: CONNECTION, tokenSeconds: 20 });
  expect(text).toContain(`\n[database]\nconnection = ${CONNECTION}\n`);
});

describe('Glance', () => {
  test('has its database', () => {
    expect(glance('database')).toEqual([`connection = ${CONNECTION}`]);
  });

  test('serves this machine only', () => {
    expect(glance('DEFAULT')).toEqual(expect.arrayContaining(['bind_host = 127.0.0.1', 'bind_port = 9292']));
  });

  test('leaves to its own defaults what is not set', () => {
    const names = glance('DEFAULT').map((line) => line.split(' = ')[0]);
    expect(names).not.toEqual(expect.arrayContaining(['image_size_cap']));
    expect(names).not.toEqual(expect.arrayContaining(['hashing_algorithm']));
    expect(glance('import_filtering_opts')).toEqual(['']);
    expect(glance('image_format')).toEqual(['']);
  });

  test('takes what is set', () => {
    const settings = {
      workers: 1,
      importMethods: ['web-download'],
      imageSizeCapBytes: 4096,
      userStorageQuota: '5MB',
      hashingAlgorithm: 'sha256',
    };
    expect(glance('DEFAULT', settings)).toEqual(
      expect.arrayContaining([
        'workers = 1',
        'enabled_import_methods = [web-download]',
        'image_size_cap = 4096',
        'user_storage_quota = 5MB',
        'hashing_algorithm = sha256',
      ]),
    );
    expect(glance('image_format', { diskFormats: ['raw', 'qcow2'] })).toEqual(['disk_formats = raw,qcow2']);
    expect(glance('file1', { storeFolder: '/small' })).toEqual(['filesystem_store_datadir = /small']);
  });

  test('fetches from the ports that are named', () => {
    expect(glance('import_filtering_opts', { importFilter: { allowedPorts: [80, 8080] } })).toEqual([
      'allowed_ports = [80,8080]',
    ]);
  });

  test('asks Keystone for limits only when there are quotas', () => {
    expect(glance('DEFAULT')).toContain('use_keystone_limits = false');
    expect(glance('oslo_limit')).toEqual(['']);
    expect(glance('DEFAULT', { quotas: {} })).toContain('use_keystone_limits = true');
    expect(glance('oslo_limit', { quotas: {} })).toContain('endpoint_id = e');
  });

  test('passes a request through filters that are all defined', () => {
    const names = GLANCE_PASTE['pipeline:glance-api-keystone'].pipeline.split(' ');
    const defined = Object.keys(GLANCE_PASTE).map((name) => name.split(':')[1]);
    expect(names.filter((name) => !defined.includes(name))).toEqual([]);
    expect(names).toContain('authtoken');
  });
});
