import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { METADATA_SCHEMA } from '../../lambda/model/metadata-schema.ts';

/** Publishes the schema of metadata as the code has it: npm run docs:schema. */
writeFileSync(
  join(import.meta.dirname, '../../docs/schema/metadata.schema.json'),
  `${JSON.stringify(METADATA_SCHEMA, undefined, 2)}\n`,
);
