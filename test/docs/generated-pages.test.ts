import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { COMMANDS } from '../../bin/commands/table.ts';
import { METADATA_SCHEMA } from '../../lambda/model/metadata-schema.ts';
import { withCases } from '../contract/endpoints-page.ts';
import { corpusPage } from '../support/corpus/page.ts';
import { withCommands } from './commands-page.ts';
import { withConstructTables } from './construct-tables.ts';

const DOCS = join(import.meta.dirname, '../../docs');

/** What the code makes of each page. */
const GENERATED: Readonly<Record<string, (page: string) => string>> = {
  'commands.md': (page) => withCommands(page, COMMANDS),
  'construct.md': withConstructTables,
  'endpoints.md': withCases,
  'formats.md': corpusPage,
  'schema/metadata.schema.json': () => `${JSON.stringify(METADATA_SCHEMA, undefined, 2)}\n`,
};

test.each(Object.entries(GENERATED))(
  'docs/%s is what the code makes of it; if not: npm run docs',
  (name, generated) => {
    const path = join(DOCS, name);
    if (process.env.UPDATE_DOCS === '1') writeFileSync(path, generated(readFileSync(path, 'utf8')));
    const page = readFileSync(path, 'utf8');
    expect(page).toBe(generated(page));
  },
);
