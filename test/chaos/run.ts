import { chaosArguments } from './arguments.ts';
import { chaos } from './chaos.ts';
import { isSound, table } from './table.ts';

/** `npm run chaos -- --drops N --seed S [--minutes M] [--versioning V] [--os-cloud NAME | --openstack]`; exit code 1 when a count is not 0. */
const say = (text: string): void => void process.stdout.write(`${text}\n`);

const wanted = chaosArguments(process.argv.slice(2));
say(`Seed ${wanted.seed}: ${wanted.drops} drops.`);
const result = await chaos({ ...wanted, say });
say(`\n${table(result, wanted.seed)}`);
if (!isSound(result)) process.exitCode = 1;
