#!/usr/bin/env node
import { COMMANDS } from './commands/table.ts';
import { endWhatIsLeft, imagedrop, sayWhatNobodyCatches } from './terminal/imagedrop.ts';

const args = process.argv.slice(2);
sayWhatNobodyCatches(COMMANDS, args);
process.exitCode = await imagedrop(COMMANDS, args);
endWhatIsLeft();
