/**
 * Properties that do more than describe an image. Names are compared in lower case: some databases of Glance
 * find a property in any case.
 */
export interface PropertyRule {
  readonly names: RegExp;
  /** What the property does, as the rest of a sentence that begins with its name. */
  readonly why: string;
}

/** Properties that no setting allows, neither to droppers nor to the target itself. */
const DENIED: readonly PropertyRule[] = [
  {
    // glance/api/v2/images.py, _delete_encryption_key. The second pair is the name that Glance and Cinder move to.
    names: /^(cinder_encryption_key|os_encrypt)_/,
    why: 'names a key that Glance deletes from the key manager together with the image',
  },
  {
    // nova/objects/image_meta.py has each of them by two names.
    names: /^(img_)?(block_device_mapping|mappings|bdm_v2|root_device_name)$/,
    why: 'makes Nova attach other volumes, snapshots or images of the project to the servers of this image',
  },
  {
    // nova/compute/manager.py, _rotate_backups: the images with these properties, less the newest, are deleted.
    names: /^(instance_uuid|image_type|backup_type)$/,
    why: 'makes Nova count the image as a snapshot or backup of a server, and delete real backups in its place',
  },
  {
    names: /^os_glance_/,
    why: 'belongs to Glance, which keeps the state of imports and stores in it',
  },
  {
    // `__os_version` is the value that docs/metadata.md calls os_version.
    names: /^__(?!os_version$)/,
    why: 'belongs to the image service (IMS), which keeps the encryption key, the origin and the billing of an image in it',
  },
];

/** Properties that droppers may use only where the target allows them by name. */
const RESERVED: readonly PropertyRule[] = [
  {
    // Glance and Nova user guides, "Image signature".
    names: /^(img_signature|signature_verified$)/,
    why: 'decides which certificate of the key manager vouches for the image',
  },
  { names: /^(kernel_id|ramdisk_id|os_command_line)$/, why: 'makes servers boot the kernel of another image' },
  {
    names:
      /^(base_image_ref|image_location|image_state|boot_roles|(img_)?owner_id|user_id|owner_user_name|owner_project_name)$/,
    why: 'is what Nova writes on the snapshots that it makes itself',
  },
  { names: /^owner_specified\./, why: 'is what other clients use to recognise the images that they have uploaded' },
  { names: /^cinder_img_volume_type$/, why: 'chooses the volume type, and so the cost, of volumes of the image' },
];

const ruleIn = (rules: readonly PropertyRule[], name: string): PropertyRule | undefined =>
  rules.find(({ names }) => names.test(name.toLowerCase()));

/** The rule that forbids a property everywhere; undefined where none does. */
export const deniedProperty = (name: string): PropertyRule | undefined => ruleIn(DENIED, name);

/** The rule by which a property needs the permission of the target; undefined where it needs none. */
export const reservedProperty = (name: string): PropertyRule | undefined => ruleIn(RESERVED, name);
