#!/usr/bin/env node
import { COMMANDS } from './commands/table.ts';
import { imagedrop } from './terminal/imagedrop.ts';

process.exitCode = await imagedrop(COMMANDS, process.argv.slice(2));
