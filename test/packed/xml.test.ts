import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseXml, XmlError } from '../../lambda/packed/xml.ts';

describe('parseXml', () => {
  test('reads elements, attributes and text, without prefixes', () => {
    const document = `\uFEFF<?xml version="1.0"?><!-- a -- b --><o:a x:b='1 &lt; 2' c="&#x41;&#66;">
      one <d/><![CDATA[<two>]]> &amp; three</o:a>`;
    expect(parseXml(document)).toEqual({
      name: 'a',
      attributes: { b: '1 < 2', c: 'AB' },
      children: [{ name: 'd', attributes: {}, children: [], text: '' }],
      text: 'one <two> & three',
    });
  });

  test.each([
    ['nothing', ''],
    ['an open element', '<a>'],
    ['elements that cross', '<a><b></a></b>'],
    ['two roots', '<a/><b/>'],
    ['text around its root', 'a<b/>'],
    ['a document type', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'],
    ['an unknown entity', '<a>&b;</a>'],
    ['the name of a method as an entity', '<a>&toString;</a>'],
    ['a character that does not exist', '<a>&#x110000;</a>'],
    ['an attribute without quotes', '<a b=c/>'],
    ['an open comment', '<a><!-- </a>'],
    ['more depth than a descriptor has', '<a>'.repeat(65) + '</a>'.repeat(65)],
    ['more elements than a descriptor has', `<a>${'<b/>'.repeat(20_000)}</a>`],
  ])('refuses %s', (_what, document) => {
    expect(() => parseXml(document)).toThrow(XmlError);
  });

  test('fails with nothing else, whatever it reads', () => {
    const piece = fc.constantFrom(
      '<',
      '>',
      '/',
      'a',
      ' b="c"',
      '<a>',
      '</a>',
      '<!--',
      '-->',
      '&',
      ';',
      '&#',
      '<![CDATA[',
      ']]>',
      '"',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        try {
          parseXml(pieces.join(''));
        } catch (error) {
          expect(error).toBeInstanceOf(XmlError);
        }
      }),
    );
  });
});
