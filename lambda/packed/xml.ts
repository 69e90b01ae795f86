/** One element of an XML document; names are without their prefixes. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** Its own text, without blanks at both ends. */
  readonly text: string;
}

/** Why a text is not the XML that is read here. */
export class XmlError extends Error {}

const ATTRIBUTE = /\s+([^\s=<>"'/]+)\s*=\s*("[^"<]*"|'[^'<]*')/y;
const OPENING = /<([^\s<>/!?=]+)/y;
const OPENED = /\s*(\/?)>/y;
const CLOSING = /<\/([^\s<>/]+)\s*>/y;
const TEXT = /[^<]+/y;
const CDATA = /<!\[CDATA\[([\s\S]*?)\]\]>/y;
const IGNORED = /<!--[\s\S]*?-->|<\?[\s\S]*?\?>/y;

/** Bounds whatever a hostile document says; descriptors of appliances have a few hundred elements, seven deep. */
const MAX_ELEMENTS = 20_000;
const MAX_DEPTH = 64;

interface Open {
  readonly qualified: string;
  readonly name: string;
  readonly attributes: Record<string, string>;
  readonly children: XmlElement[];
  text: string;
}

/**
 * Reads a document of XML 1.0 without a document type: such a document has no entities of its own, and nothing outside it
 * is ever read.
 * @throws XmlError
 */
export function parseXml(document: string): XmlElement {
  return new Parser(document).document();
}

const opened = (qualified: string): Open => ({
  qualified,
  name: localName(qualified),
  attributes: {},
  children: [],
  text: '',
});

class Parser {
  readonly #document: string;
  readonly #root = opened('');
  readonly #open: Open[] = [this.#root];
  #at = 0;
  #elements = 0;

  constructor(document: string) {
    this.#document = document;
  }

  document(): XmlElement {
    while (this.#at < this.#document.length) if (!this.#tag() && !this.#content()) throw broken(this.#at);
    const [element, ...others] = this.#root.children;
    const isWhole = this.#open.length === 1 && others.length === 0 && this.#root.text.trim() === '';
    if (element === undefined || !isWhole) throw broken(this.#at);
    return element;
  }

  #tag(): boolean {
    const opening = this.#take(OPENING)?.[1];
    if (opening !== undefined) this.#begin(opening);
    const closing = opening === undefined ? this.#take(CLOSING)?.[1] : undefined;
    if (closing !== undefined) this.#end(closing);
    return opening !== undefined || closing !== undefined;
  }

  #content(): boolean {
    const cdata = this.#take(CDATA)?.[1];
    const text = cdata ?? this.#take(TEXT)?.[0];
    if (text === undefined) return this.#take(IGNORED) !== null;
    const into = this.#open.at(-1) ?? this.#root;
    into.text += cdata ?? decoded(text);
    return true;
  }

  #begin(qualified: string): void {
    const element = opened(qualified);
    for (let found = this.#take(ATTRIBUTE); found !== null; found = this.#take(ATTRIBUTE)) {
      const [, name = '', value = ''] = found;
      element.attributes[localName(name)] = decoded(value.slice(1, -1));
    }
    const slash = this.#take(OPENED)?.[1];
    this.#elements += 1;
    const isBounded = this.#elements <= MAX_ELEMENTS && this.#open.length <= MAX_DEPTH;
    if (slash === undefined || !isBounded) throw broken(this.#at);
    this.#open.push(element);
    if (slash === '/') this.#end(qualified);
  }

  #end(qualified: string): void {
    const element = this.#open.pop();
    const parent = this.#open.at(-1);
    if (element?.qualified !== qualified || parent === undefined) throw broken(this.#at);
    const { name, attributes, children, text } = element;
    parent.children.push({ name, attributes, children, text: text.trim() });
  }

  #take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#document);
    if (match !== null) this.#at = pattern.lastIndex;
    return match;
  }
}

const broken = (at: number): XmlError => new XmlError(`it is not the XML that is expected, at character ${at}`);

const localName = (qualified: string): string => qualified.slice(qualified.indexOf(':') + 1);

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['lt;', '<'],
  ['gt;', '>'],
  ['amp;', '&'],
  ['quot;', '"'],
  ['apos;', "'"],
]);

function decoded(text: string): string {
  return text.replace(/&([^;&]{0,10};?)/g, (_, written: string) => {
    const [, hex, decimal] = /^#(?:x([0-9a-f]+)|(\d+));$/i.exec(written) ?? [];
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    const character = code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
    const value = character ?? ENTITIES.get(written);
    if (value === undefined) throw new XmlError(`the entity &${written} is unknown`);
    return value;
  });
}
