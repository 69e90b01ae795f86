import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseXml, xmlDocument } from '../../../local/s3/xml.ts';

describe('XML', () => {
  test('brings any text back as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const document = xmlDocument('Delete', { Object: [{ Key: text }] });
        expect(parseXml(document, 'Delete').children[0]?.textOf('Key')).toBe(text);
      }),
    );
  });

  test('is read with comments, CDATA, namespaces, attributes, references and empty elements', () => {
    const document =
      '\ufeff<?xml version="1.0"?><!-- one --><s:Delete xmlns:s="urn:x" a=\'b\'><Object><Key><![CDATA[a<b]]>&amp;&#x41;&#66;' +
      '</Key><ETag/></Object></s:Delete>\n';
    const [object] = parseXml(document, 'Delete').children;
    expect(object?.textOf('Key')).toBe('a<b&AB');
    expect(object?.textOf('ETag')).toBe('');
    expect(object?.textOf('VersionId')).toBeUndefined();
  });

  test.each([
    ['another root', '<Other/>'],
    ['nothing', ''],
    ['an element that stays open', '<Delete><Object></Delete>'],
    ['an element closed twice', '<Delete></Delete></Delete>'],
    ['a document type', '<!DOCTYPE a [<!ENTITY b "c">]><Delete/>'],
    ['an unknown entity', '<Delete>&b;</Delete>'],
    ['a bare ampersand', '<Delete>a & b</Delete>'],
    ['a reference beyond Unicode', '<Delete>&#x110000;</Delete>'],
    ['an unfinished tag', '<Delete'],
  ])('with %s is refused', (_, document) => {
    expect(() => parseXml(document, 'Delete')).toThrow(expect.objectContaining({ code: 'MalformedXML' }));
  });
});
