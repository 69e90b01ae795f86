import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { DocumentedWorld } from './commands/documented-world.ts';
import { follow, promised } from './commands/expectations.ts';
import { blocksIn } from './commands/pages.ts';
import { commandsOf, ELSEWHERE, elsewhere, isThere, suiteOf } from './commands/runners.ts';
import { documentedCommands, nameOf } from './commands/shell-commands.ts';

jest.setTimeout(120_000);

const COMMANDS = documentedCommands();

describe('the documentation', () => {
  test('has commands', () => {
    expect(COMMANDS.length).toBeGreaterThan(80);
    expect(new Set(COMMANDS.map(({ page }) => page)).size).toBeGreaterThan(8);
  });

  test('says of every block with commands in it that it is one', () => {
    const unnamed = blocksIn('').filter(({ text }) => /^(\$ )?(npx|npm|aws|imagedrop|openstack|cdk) /m.test(text));
    expect(unnamed).toEqual([]);
  });

  test('has no command that no test and no step of CI runs', () => {
    const untested = COMMANDS.filter((command) => !elsewhere(command) && !suiteOf(command));
    expect(untested.map(nameOf)).toEqual([]);
  });

  test.each(['make install', 'npx imagedrop ls | column', 'npm run nothing', 'npx cdk watch'])(
    'would be seen to have one: %s',
    (text) => {
      const [command] = documentedCommands([
        { page: 'a.md', line: 1, language: 'console', text: `$ ${text}\nits output` },
      ]);
      expect(command && (elsewhere(command) ?? suiteOf(command))).toBe(undefined);
    },
  );

  test.each(ELSEWHERE)('has $command, which is run elsewhere: $because', ({ command, by }) => {
    expect(COMMANDS.filter((each) => elsewhere(each)?.command === command)).not.toEqual([]);
    expect(isThere(by)).toBe(true);
  });
});

describe('a reader who types it', () => {
  let world: DocumentedWorld;
  beforeAll(async () => {
    world = await DocumentedWorld.start();
  });
  afterAll(() => world?.stop());

  test.each(commandsOf('npm test', COMMANDS).map((command) => [nameOf(command), command] as const))(
    'sees what is promised: %s',
    async (_name, command) => {
      expect(await follow(world, command)).toEqual(promised(command));
    },
  );

  test('has a cdk that knows what only an account of AWS can answer', async () => {
    const { out } = await world.reader.type('npx cdk --help');
    const asked = COMMANDS.flatMap(({ text }) => /^npx (cdk (?:bootstrap|deploy|diff))$/.exec(text)?.[1] ?? []);
    expect(new Set(asked).size).toBe(3);
    for (const command of asked) expect(out).toContain(`${command} `);
  });
});
