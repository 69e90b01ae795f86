import { describe, expect, test } from '@jest/globals';
import { examine } from '../../lambda/formats/inspect.ts';
import { bytesReader } from '../../lambda/formats/reading/reader.ts';
import { DOCUMENTED_WRITERS } from '../support/writers/documented.ts';

describe('what is written by its documented layout is judged rightly', () => {
  test.each(DOCUMENTED_WRITERS)('$name: $verdict', async ({ build, verdict, warning }) => {
    const { found, error } = await examine(bytesReader(build()), { fileName: 'disk.img' });
    expect(error?.code ?? [found?.format, found?.subformat].filter(Boolean).join(' ')).toBe(verdict);
    expect(found?.warnings ?? []).toEqual(warning === undefined ? [] : [expect.stringContaining(warning)]);
  });
});
