import { iso } from './iso/iso.ts';
import { qcow } from './qcow2/qcow.ts';
import { qcow2 } from './qcow2/qcow2.ts';
import { qed } from './qcow2/qed.ts';
import type { Format } from './reading/format.ts';
import { vdi } from './vdi/vdi.ts';
import { vhd } from './vhd/vhd.ts';
import { zvhd } from './vhd/zvhd.ts';
import { zvhd2 } from './vhd/zvhd2.ts';
import { vhdx } from './vhdx/vhdx.ts';
import { vmdk } from './vmdk/vmdk.ts';

/** All formats with a signature. A raw disk has none; raw.ts judges what none of these knows. */
export const FORMATS: readonly Format[] = [qcow2, qcow, qed, vmdk, vhd, vhdx, vdi, iso, zvhd, zvhd2];
