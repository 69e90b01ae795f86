import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DocumentedWorld } from '../docs/commands/documented-world.ts';
import { follow, promised } from '../docs/commands/expectations.ts';
import { commandsOf } from '../docs/commands/runners.ts';
import { documentedCommands, nameOf, type ShellCommand } from '../docs/commands/shell-commands.ts';

const REDRIVE = 'start-message-move-task';
/** Nobody listens there: whoever gets as far as to ask has understood the arguments. */
const NOWHERE = 'http://127.0.0.1:9';

let world: DocumentedWorld;
beforeAll(async () => {
  world = await DocumentedWorld.start();
  // By option: versions before 2.13, as Debian 12 has, know no variable for it and would ask AWS itself.
  const cases = Object.entries(world.endpoints).map(([service, url]) => `${service}) endpoint=${url};;`);
  await world.reader.program(
    'aws',
    `case $1 in ${cases.join(' ')} *) endpoint=${NOWHERE};; esac
     [[ $2 = ${REDRIVE} ]] && endpoint=${NOWHERE}
     PATH=\${PATH#*:} exec aws --endpoint-url "$endpoint" "$@"`,
  );
});
afterAll(() => world?.stop());

const COMMANDS = commandsOf('npm run suite clients', documentedCommands());
const named = (commands: readonly ShellCommand[]) => commands.map((command) => [nameOf(command), command] as const);

/** What the embedded stack does not answer. */
const isOfAws = ({ text }: ShellCommand): boolean =>
  /^aws (secretsmanager|lambda|logs|scheduler) /.test(text) || text.includes(REDRIVE);

describe('a reader with the clients of AWS and OpenStack, and jq', () => {
  test.each(named(COMMANDS.filter((command) => !isOfAws(command))))(
    'sees what is promised: %s',
    async (_name, command) => {
      expect(await follow(world, command)).toEqual(promised(command));
    },
  );

  test.each(named(COMMANDS.filter(isOfAws)))('has arguments that are understood: %s', async (_name, command) => {
    if (await isTooNew(command)) return;
    const { out } = await follow(world, command);
    expect(out).toMatch(/Could not connect/);
  });
});

/** A redrive is newer than the AWS command line of Debian 12 (2.9): where it is not known, that one is left out. */
async function isTooNew({ text }: ShellCommand): Promise<boolean> {
  if (!text.includes(REDRIVE)) return false;
  const { out } = await world.reader.type('aws --version');
  return /aws-cli\/2\.(\d|1[01])\./.test(out);
}
