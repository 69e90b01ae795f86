import { S3Error } from './errors.ts';

/** The content of an element: text, elements, or several of the same name one after the other. */
export type XmlContent = string | number | boolean | XmlElements | undefined;
export interface XmlElements {
  readonly [name: string]: XmlContent | readonly XmlContent[];
}

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** An S3 answer as XML; undefined content is left out. */
export function xmlDocument(root: string, content: XmlContent): string {
  return `${DECLARATION}<${root} xmlns="${NAMESPACE}">${render(content)}</${root}>`;
}

/** S3's error documents are in no namespace. */
export function xmlErrorDocument(content: XmlElements): string {
  return `${DECLARATION}<Error>${render(content)}</Error>`;
}

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

function render(content: XmlContent): string {
  if (typeof content !== 'object') return escapeText(String(content ?? ''));
  return Object.entries(content).map(renderField).join('');
}

function renderField([name, value]: [string, XmlElements[string]]): string {
  const elements = Array.isArray(value) ? (value as readonly XmlContent[]) : [value as XmlContent];
  return elements
    .filter((it) => it !== undefined)
    .map((it) => `<${name}>${render(it)}</${name}>`)
    .join('');
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Control characters become references: a bare line break in a key would be read as a space. */
function escapeText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: keys may hold them
  return text.replace(/[&<>"\x00-\x1f\x7f]/g, (it) => ENTITIES[it] ?? `&#${it.charCodeAt(0)};`);
}

/** An element of a request's document. Attributes and namespaces say nothing in S3's requests and are dropped. */
export class XmlNode {
  readonly name: string;
  readonly children: XmlNode[] = [];
  text = '';

  constructor(name: string) {
    this.name = name;
  }

  all(name: string): XmlNode[] {
    return this.children.filter((child) => child.name === name);
  }

  /** The text of a child; undefined when there is none of this name. */
  textOf(name: string): string | undefined {
    return this.children.find((child) => child.name === name)?.text;
  }

  /** @throws MalformedXML */
  requiredTextOf(name: string): string {
    const text = this.textOf(name);
    if (text === undefined) throw malformed(`<${this.name}> lacks <${name}>.`);
    return text;
  }
}

const TOKEN = /<!\[CDATA\[([\s\S]*?)\]\]>|<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<(\/?)([^\s<>/!]+)[^<>]*?(\/?)>|([^<]+)/y;

/**
 * Reads the small documents that clients send. A DOCTYPE is refused, and with it every entity but XML's own five.
 * @throws MalformedXML
 */
export function parseXml(document: string, rootName: string): XmlNode {
  const top = new XmlNode('');
  const open = [top];
  const source = document.replace(/^\ufeff/, '');
  for (let at = 0; at < source.length; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(source);
    if (token === null) throw malformed(`Unreadable at character ${at}.`);
    take(token, open);
  }
  const root = top.children[0];
  if (open.length !== 1 || root === undefined || root.name !== rootName) throw malformed(`<${rootName}> is expected.`);
  return root;
}

function take([, cdata, close, name, selfClosing, text]: RegExpExecArray, open: XmlNode[]): void {
  const parent = open.at(-1);
  if (parent === undefined) throw malformed('An element is closed that was not open.');
  if (name === undefined) {
    parent.text += cdata ?? unescapeText(text ?? '');
  } else if (close === '/') {
    if (localName(name) !== parent.name) throw malformed(`<${parent.name}> is closed by </${name}>.`);
    open.pop();
  } else {
    const child = new XmlNode(localName(name));
    parent.children.push(child);
    if (selfClosing !== '/') open.push(child);
  }
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

const CHARACTERS: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescapeText(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+);|#(\d+);|(\w+);|)/gi, (_, hex, decimal, name) => {
    const character =
      name === undefined ? characterOf(hex ? Number.parseInt(hex, 16) : Number(decimal)) : CHARACTERS[name];
    if (character === undefined) throw malformed('There is an unknown entity.');
    return character;
  });
}

function characterOf(codePoint: number): string | undefined {
  return codePoint <= 0x10ffff ? String.fromCodePoint(codePoint) : undefined;
}

function malformed(message: string): S3Error {
  return new S3Error('MalformedXML', { message: `The XML you provided was not well-formed: ${message}` });
}
