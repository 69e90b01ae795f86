/** A simulator in a process of its own, for tests that kill it: `node simulator-process.ts FOLDER` prints its URL. */
import { startSimulator } from '../../../local/simulator/simulator.ts';

const simulator = await startSimulator({ folder: process.argv[2] ?? '' });
process.stdout.write(simulator.url);
