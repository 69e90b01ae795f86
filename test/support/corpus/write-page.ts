import { readFileSync, writeFileSync } from 'node:fs';
import { corpusPage, PAGE } from './page.ts';

writeFileSync(PAGE, corpusPage(readFileSync(PAGE, 'utf8')));
