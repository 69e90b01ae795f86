import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, readlink, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { databaseName, type MariaDb, startMariaDb } from '../../local/contributing/openstack/mariadb.ts';
import { runProgram } from '../../local/contributing/openstack/run-program.ts';

/** Of Debian, as the services are: another Python on the PATH has not their packages. */
const PYTHON = '/usr/bin/python3';

let folder: string;
let mariaDb: MariaDb;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'imagedrop-mariadb-'));
  mariaDb = await startMariaDb(join(folder, 'mariadb'));
});
afterAll(async () => {
  await mariaDb?.stop();
  await rm(folder, { recursive: true });
});

/** As the services connect. @returns what the program prints */
function python(database: string, ...lines: string[]): Promise<string> {
  const url = mariaDb.connection(database, folder);
  const program = [
    'from sqlalchemy import create_engine, text',
    `with create_engine(${JSON.stringify(url)}).connect() as db:`,
    ...lines.map((line) => `    ${line}`),
  ];
  return runProgram(PYTHON, ['-c', program.join('\n')], { folder });
}

async function emptyDatabase(): Promise<string> {
  const name = databaseName('test');
  await mariaDb.createDatabase(name);
  return name;
}

test('rows come as lines, columns between tabs', async () => {
  expect(await mariaDb.sql("SELECT 1, 'ä😀' UNION SELECT 2, NULL")).toBe('1\tä😀\n2\tNULL\n');
});

test('a statement that is wrong is an error with the words of MariaDB', async () => {
  await expect(mariaDb.sql('SELECT nonsense')).rejects.toThrow("Unknown column 'nonsense'");
});

test('a database that is made again is empty again, and no other is touched', async () => {
  const [one, other] = [await emptyDatabase(), await emptyDatabase()];
  for (const name of [one, other]) await mariaDb.sql('CREATE TABLE t (i INT)', name);
  await mariaDb.createDatabase(one);
  expect(await mariaDb.sql('SHOW TABLES', one)).toBe('');
  expect(await mariaDb.sql('SHOW TABLES', other)).toBe('t\n');
});

test('services reach it, and a character of four bytes is refused as on clouds that follow the install guides', async () => {
  const database = await emptyDatabase();
  await mariaDb.sql('CREATE TABLE t (c VARCHAR(9))', database);
  expect(await python(database, "print(db.execute(text('SELECT database()')).scalar())")).toBe(`${database}\n`);
  const insert = (value: string) => python(database, `db.execute(text("INSERT INTO t VALUES ('${value}')"))`);
  expect(await insert('图')).toBe('');
  await expect(insert('😀')).rejects.toThrow('Incorrect string value');
});

test('what was committed is there after a crash', async () => {
  const database = await emptyDatabase();
  await mariaDb.sql('CREATE TABLE t (i INT)', database);
  for (let row = 0; row < 20; row += 1) await mariaDb.sql(`INSERT INTO t VALUES (${row})`, database);
  await mariaDb.kill();
  expect(await mariaDb.isUp()).toBe(false);
  await mariaDb.start();
  expect(await mariaDb.sql('SELECT count(*) FROM t', database)).toBe('20\n');
});

test('one that was not made to the end is made anew', async () => {
  const place = join(folder, 'broken');
  mkdirSync(join(place, 'data/mysql'), { recursive: true });
  writeFileSync(join(place, 'mariadb.json'), '{"complete":false}');
  const other = await startMariaDb(place);
  expect(await other.sql('SELECT 1')).toBe('1\n');
  await other.stop();
});

test('it listens on no port', async () => {
  const [pid] = mariaDb.processIds;
  const files = await readdir(`/proc/${pid}/fd`);
  const targets = await Promise.all(files.map((file) => readlink(`/proc/${pid}/fd/${file}`).catch(() => '')));
  const inodes = targets.flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []);
  expect(inodes).not.toEqual([]);
  // The tenth column of proc_net(5) is the inode.
  const tables = await Promise.all(['tcp', 'tcp6', 'udp', 'udp6'].map((name) => readFile(`/proc/net/${name}`, 'utf8')));
  const ofNetwork = tables.flatMap((table) => table.split('\n').map((line) => line.trim().split(/\s+/)[9]));
  expect(inodes.filter((inode) => ofNetwork.includes(inode))).toEqual([]);
});

test('no one else can enter its folder', async () => {
  expect((await stat(join(folder, 'mariadb'))).mode & 0o777).toBe(0o700);
});
