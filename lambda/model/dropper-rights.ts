/**
 * What droppers may choose, in metadata files and user metadata: everyone who may write into the drop bucket is a
 * dropper. The metadata in the settings of the target are not limited by it.
 */
export interface DropperRights {
  /** Values of `visibility`. */
  readonly visibility: readonly string[];
  readonly protected: boolean;
  /** Whether they may choose `os_hidden`. */
  readonly hidden: boolean;
  /** Whether they may choose `family`, and with it which images are retired. */
  readonly family: boolean;
  /** Ids of the projects that they may share images with; `*` stands for all. */
  readonly sharedWith: readonly string[];
  /** Reserved properties (property-rules.ts) by name; a `*` at the end stands for any ending. */
  readonly properties: readonly string[];
}

/**
 * Private images with harmless properties: nothing that others see. Protection is harmless, too: it keeps an image from
 * being deleted by mistake, the project can take it off at any time, and it is set after imagedrop's own clean-up.
 */
export const DEFAULT_RIGHTS: DropperRights = {
  visibility: ['private'],
  protected: true,
  hidden: false,
  family: false,
  sharedWith: [],
  properties: [],
};

/** For a look at metadata before the target is known; what no setting allows stays forbidden. */
export const ALL_RIGHTS: DropperRights = {
  visibility: ['private', 'shared', 'community', 'public'],
  protected: true,
  hidden: true,
  family: true,
  sharedWith: ['*'],
  properties: ['*'],
};

export const allowsProject = ({ sharedWith }: DropperRights, project: string): boolean =>
  sharedWith.includes('*') || sharedWith.includes(project);

export const allowsProperty = ({ properties }: DropperRights, name: string): boolean =>
  properties.some((one) => (one.endsWith('*') ? name.startsWith(one.slice(0, -1)) : name === one));
