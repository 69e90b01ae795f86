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
