import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { COMMANDS } from '../../bin/commands/table.ts';
import { METADATA_SCHEMA } from '../../lambda/model/metadata-schema.ts';
import { withCases } from '../contract/endpoints-page.ts';
import { corpusPage } from '../support/corpus/page.ts';
import { writersPage } from '../support/writers/page.ts';
import { PROJECT } from './commands/pages.ts';
import { withCommands } from './commands-page.ts';
import { withConstructLists } from './construct-tables.ts';

/** What the code makes of each page. */
const GENERATED: Readonly<Record<string, (page: string) => string>> = {
  'docs/commands.md': (page) => withCommands(page, COMMANDS),
  'docs/construct.md': withConstructLists,
  'docs/schema/metadata.schema.json': () => `${JSON.stringify(METADATA_SCHEMA, undefined, 2)}\n`,

  'test/contract/README.md': withCases,
  'test/support/corpus/README.md': corpusPage,
  'test/support/writers/README.md': writersPage,
};

test.each(Object.entries(GENERATED))('%s is what the code makes of it; if not: npm run docs', (name, generated) => {
  const path = join(PROJECT, name);
  if (process.env.UPDATE_DOCS === '1') writeFileSync(path, generated(readFileSync(path, 'utf8')));
  const page = readFileSync(path, 'utf8');
  expect(page).toBe(generated(page));
});
