import { writeFileSync } from 'node:fs';
import { WRITERS_PAGE, writersPage } from './page.ts';

writeFileSync(WRITERS_PAGE, writersPage());
