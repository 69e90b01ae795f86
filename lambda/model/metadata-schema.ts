import { IMAGE_FORMATS } from './image.ts';
import type { JsonSchema } from './json-schema.ts';
import { REQUIREMENTS } from './record.ts';

/**
 * No control characters, nothing that turns the direction of text around, no half of a surrogate pair: anyone who lists
 * images has a terminal, and a line break could become a header somewhere. In a pattern any tool reads alike.
 */
const ONE_LINE =
  '^[^\\u0000-\\u001f\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ud800-\\udfff]*$';

/** Image API v2 and its database: names, tags and names of properties have at most 255 characters. */
const MAX_NAME_CHARACTERS = 255;

/** MySQL's TEXT holds 65,535 bytes, in which Glance keeps the value of a property; a character has three at most. */
const MAX_VALUE_CHARACTERS = 21_845;

/** Far above the paths that programs write into archives. */
const MAX_MEMBER_CHARACTERS = 1024;

/** Glance's own defaults of image_property_quota, image_tag_quota and image_member_quota. */
const MAX_ENTRIES = 128;

/** Glance keeps them in signed 32-bit columns. */
const MAX_WHOLE_NUMBER = 2 ** 31 - 1;

/** Names that a custom property cannot have: fields of an image (Image API v2, "Create image", "Show image"), and names that Glance reserves. */
const FIELDS = [
  'checksum',
  'container_format',
  'created_at',
  'deleted',
  'deleted_at',
  'direct_url',
  'disk_format',
  'file',
  'id',
  'location',
  'locations',
  'min_disk',
  'min_ram',
  'name',
  'os_hash_algo',
  'os_hash_value',
  'os_hidden',
  'owner',
  'protected',
  'schema',
  'self',
  'size',
  'status',
  'stores',
  'tags',
  'updated_at',
  'virtual_size',
  'visibility',
] as const;

const text = (description: string, examples: readonly string[], maxLength = MAX_NAME_CHARACTERS): JsonSchema => ({
  description,
  examples,
  type: 'string',
  minLength: 1,
  maxLength,
  pattern: ONE_LINE,
});

const wholeNumber = (description: string, examples: readonly number[]): JsonSchema => ({
  description,
  examples,
  type: 'integer',
  minimum: 0,
  maximum: MAX_WHOLE_NUMBER,
});

/** In the order of docs/metadata.md. */
const PROPERTIES = {
  name: text('The name of the image. Without it: the last part of the key, without the ending of its format.', [
    'Ubuntu 24.04',
  ]),
  disk_format: {
    description:
      'The file format. It must be what inspection finds; raw accepts a file in which no disk is recognised. The disk_format at the cloud follows from the file.',
    examples: ['qcow2', 'raw'],
    enum: [...IMAGE_FORMATS, 'vpc'],
  },
  min_disk: wholeNumber(
    'Smallest disk of a server, in GiB. Never less than the virtual size of the image needs; a smaller value has no effect.',
    [20],
  ),
  min_ram: wholeNumber('Least memory of a server, in MiB.', [1024]),
  visibility: {
    description: 'Who sees the image. Without it: private. IMS takes private alone.',
    examples: ['shared'],
    enum: ['private', 'shared', 'community', 'public'],
  },
  protected: { description: 'Whether the image is kept from being deleted. Without it: false.', type: 'boolean' },
  os_hidden: {
    description: 'Whether lists of images leave this one out unless it is asked for. Without it: false. Glance only.',
    type: 'boolean',
  },
  shared_with: {
    description:
      'Projects that may use the image, by their ids. Its visibility is shared then, and no other. The image has these members once it is verified. Glance only.',
    examples: [['5f705771d9cc4c8db1b96f2b9f8ac34a']],
    type: 'array',
    items: text('The id of a project.', ['5f705771d9cc4c8db1b96f2b9f8ac34a']),
    maxItems: MAX_ENTRIES,
    uniqueItems: true,
  },
  tags: {
    description: 'Tags of the image. For IMS "key=value"; a tag without "=" gets an empty value there.',
    examples: [['linux', 'team=images']],
    type: 'array',
    items: text('A tag.', ['linux']),
    maxItems: MAX_ENTRIES,
    uniqueItems: true,
  },
  family: text(
    'What the versions of one image have in common. Where the target has versions, an image retires the older ones of its family. Without it: the name of the image.',
    ['ubuntu-24.04'],
  ),
  os_version: text("The OS version, from IMS's own list (`__os_version`). Other clouds keep it as a property.", [
    'Ubuntu 24.04 server 64bit',
  ]),
  member: text(
    'The file in an archive (tar, OVA, zip) that is the disk, where the archive has several disk images. Of other drops it has no effect.',
    ['disk-1.vmdk'],
    MAX_MEMBER_CHARACTERS,
  ),
  checksum: {
    title: 'sha256: or sha512:, then the hash in hexadecimal digits',
    description:
      "The publisher's checksum of the dropped file. Only beside one image: in KEY.yaml or in user metadata. A file with other bytes fails.",
    examples: ['sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    type: 'string',
    pattern: '^(sha256:[0-9a-fA-F]{64}|sha512:[0-9a-fA-F]{128})$',
  },
  require: {
    description:
      'What the image must have from its publisher. The strictest place counts. Without it: what the target requires.',
    examples: ['signature'],
    enum: REQUIREMENTS,
  },
  properties: {
    description:
      'Any other property of the image, such as hw_disk_bus or os_distro. Values are texts; numbers, true and false are taken as they are written. They take precedence over what is found in the file (hw_firmware_type).',
    examples: [{ os_distro: 'ubuntu', os_version: '24.04', hw_disk_bus: 'scsi' }],
    type: 'object',
    propertyNames: {
      description: `a name of 1 to ${MAX_NAME_CHARACTERS} characters in one line that is not a field of the image (name, size …) and does not begin with os_glance or imagedrop_, which the service and imagedrop set themselves`,
      minLength: 1,
      maxLength: MAX_NAME_CHARACTERS,
      pattern: `${ONE_LINE.slice(0, 1)}(?!os_glance|imagedrop_|(?:${FIELDS.join('|')})$)${ONE_LINE.slice(1)}`,
    },
    additionalProperties: { type: ['string', 'number', 'boolean'], maxLength: MAX_VALUE_CHARACTERS, pattern: ONE_LINE },
    maxProperties: MAX_ENTRIES,
  },
} as const satisfies Record<string, JsonSchema>;

/** The names of a value in YAML. In user metadata they are written with `-`, in the construct in camel case. */
export type MetadataName = keyof typeof PROPERTIES;

/**
 * All that people can say of an image, wherever they say it: the one source of what is allowed. `npm run docs`
 * publishes it as docs/schema/metadata.schema.json. Draft-07 is what editors of YAML know best.
 */
export const METADATA_SCHEMA = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  $id: 'urn:imagedrop:schema:metadata:1',
  title: 'imagedrop: metadata of an image',
  description:
    'What imagedrop.yaml (for all images of a folder and below it) and KEY.yaml (for the one image KEY) may say. Everything is optional; docs/metadata.md says which place wins.',
  examples: [{ name: 'Ubuntu 24.04', min_disk: 20, tags: ['linux'], properties: { os_distro: 'ubuntu' } }],
  type: 'object',
  properties: PROPERTIES,
  additionalProperties: false,
} as const satisfies JsonSchema;
