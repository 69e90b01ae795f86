import { StreamRig } from './bench/stream/stream-rig.ts';
import { writeRandomDisk } from './test/support/disk-files.ts';
import { join } from 'node:path';
const rig = await StreamRig.start();
try {
  const f = join(rig.nginx.sinkFolder, 'gib.img'); await writeRandomDisk(f, 2**30);
  for (let i = 0; i < 4; i++) { const r = await rig.stream(f); console.log(r.seconds.toFixed(2), r.cpuSeconds, r.peakMib, r.sha512.slice(0, 8)); }
} catch (e) { console.log(e); } finally { await rig.stop(); }
process.exit();
