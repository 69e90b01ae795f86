import { type Document, LineCounter, type ParsedNode, parseDocument } from 'yaml';
import { type Path, pathText, problemIn, problemWords } from '../model/json-schema.ts';
import { type MetadataLayer, metadataOf, valuePaths } from '../model/metadata.ts';
import { METADATA_SCHEMA } from '../model/metadata-schema.ts';
import { excerpt } from '../model/quoted.ts';
import { badFile, YamlTree } from './yaml-tree.ts';

/** 64 KiB: room for all that an image can have, and read within seconds even where it was made to be slow. */
export const MAX_FILE_BYTES = 65_536;

/** A file in the bucket, or in a folder, that speaks of images. */
export interface MetadataFile {
  /** As its writer knows it: the key, or the path. */
  readonly name: string;
  /** Bytes of the whole. */
  readonly size: number;
  /** Absent where there are more than MAX_FILE_BYTES. */
  readonly bytes?: Buffer;
}

/**
 * Reads an imagedrop.yaml or a KEY.yaml. It is plain YAML 1.2: no anchors, no aliases, no tags, no second document. An
 * empty file says nothing.
 * @throws `bad-metadata` with the file, the line and the column, and the path of the value
 */
export function fileLayer(file: MetadataFile): MetadataLayer {
  const lines = new LineCounter();
  const { contents } = documentOf(file, lines);
  const tree = new YamlTree((offset, words) => badFile(placeIn(file, lines, offset), words));
  const written = tree.valueOf(contents, METADATA_SCHEMA) ?? {};
  const problem = problemIn(written, METADATA_SCHEMA);
  if (problem !== undefined) {
    const place = placeIn(file, lines, tree.offsetOf(problem.path, problem.about));
    throw badFile(place, `${nameOf(problem.path)} ${problemWords(problem)}`);
  }
  const values = written as Record<string, unknown>;
  const originOf = (path: Path) => {
    const { line, col } = lines.linePos(tree.offsetOf(path, 'name'));
    return `${file.name}:${line}:${col}`;
  };
  return {
    metadata: metadataOf(values),
    origins: Object.fromEntries(valuePaths(values).map(({ path, name }) => [name, originOf(path)])),
  };
}

function documentOf(file: MetadataFile, lineCounter: LineCounter): Document.Parsed<ParsedNode> {
  const document = parseDocument(textOf(file), {
    version: '1.2',
    schema: 'core',
    lineCounter,
    // The parser compares each name with each other; the tree does it in one pass.
    uniqueKeys: false,
    prettyErrors: false,
    // By `silent` a second document would be passed over.
    logLevel: 'error',
  });
  const [error] = document.errors;
  if (error !== undefined) {
    const isDeep = error.code === 'RESOURCE_EXHAUSTION';
    const words = isDeep ? 'this is nested too deep' : `this is not YAML (${excerpt(error.message)})`;
    throw badFile(placeIn(file, lineCounter, error.pos[0]), words);
  }
  // A file can ask for 1.1, by which 0123 is 83.
  if (document.directives.yaml.version !== '1.2') throw badFile(file.name, 'it asks for another YAML than version 1.2');
  return document;
}

function textOf({ name, size, bytes }: MetadataFile): string {
  if (bytes === undefined) throw badFile(name, `it has ${size} bytes, and ${MAX_FILE_BYTES} is the most that is read`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw badFile(name, 'it is not text in UTF-8');
  }
}

function placeIn({ name }: MetadataFile, lines: LineCounter, offset: number): string {
  const { line, col } = lines.linePos(offset);
  return `${name}, line ${line}, column ${col}`;
}

const nameOf = (path: Path): string => (path.length === 0 ? 'the file' : pathText(path));
