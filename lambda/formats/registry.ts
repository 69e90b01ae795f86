import type { Format } from './format.ts';
import { iso } from './iso.ts';
import { qcow } from './qcow.ts';
import { qcow2 } from './qcow2.ts';
import { qed } from './qed.ts';
import { vdi } from './vdi.ts';
import { vhd } from './vhd.ts';
import { vhdx } from './vhdx.ts';
import { vmdk } from './vmdk.ts';
import { zvhd } from './zvhd.ts';
import { zvhd2 } from './zvhd2.ts';

/** All formats with a signature. A raw disk has none; raw.ts judges what none of these knows. */
export const FORMATS: readonly Format[] = [qcow2, qcow, qed, vmdk, vhd, vhdx, vdi, iso, zvhd, zvhd2];
