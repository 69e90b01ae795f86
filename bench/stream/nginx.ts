import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { PATH } from '../measure/tools.ts';

export interface NginxOptions {
  /** Everything is in it: on tmpfs, so that no disk is measured. */
  readonly folder: string;
  /** The bucket whose objects are files in `source`. */
  readonly bucket: string;
  readonly ports: NginxPorts;
  /** Where the rest of S3 and of the cloud is: small documents. */
  readonly s3: string;
  readonly cloud: string;
}

export interface NginxPorts {
  readonly s3: number;
  readonly cloud: number;
}

export interface Nginx {
  /** S3 to a function: objects of the bucket are files, all else is passed on. */
  readonly s3Url: string;
  /** The cloud to a function: the file of an image goes to a file by WebDAV, all else is passed on. */
  readonly cloudUrl: string;
  readonly sourceFolder: string;
  readonly sinkFolder: string;
  stop(): Promise<void>;
}

/** Source and sink that no one here wrote, with small documents passed on, so that the very function can be measured. */
export async function startNginx(options: NginxOptions): Promise<Nginx> {
  const { folder, ports } = options;
  const [sourceFolder, sinkFolder] = [join(folder, 'source', options.bucket), join(folder, 'sink')];
  for (const each of [sourceFolder, sinkFolder, join(folder, 'temp')]) await mkdir(each, { recursive: true });
  const file = join(folder, 'nginx.conf');
  await writeFile(file, configuration(options));
  const child = spawn('nginx', ['-c', file, '-e', join(folder, 'error.log')], { env: { PATH }, stdio: 'inherit' });
  await Promise.all([ports.s3, ports.cloud].map(listening));
  const stop = async () => {
    if (child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  };
  const at = (port: number) => `http://127.0.0.1:${port}`;
  return { s3Url: at(ports.s3), cloudUrl: at(ports.cloud), sourceFolder, sinkFolder, stop };
}

/** RFC 4918, section 14.16: a file, of which no more is said. */
const FOUND =
  '<?xml version="1.0"?><d:multistatus xmlns:d="DAV:"><d:response><d:href>$uri</d:href><d:propstat><d:prop>' +
  '<d:resourcetype/></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response></d:multistatus>';

const TEMP_PATHS = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

function configuration({ folder, bucket, ports, s3, cloud }: NginxOptions): string {
  // A request is passed on as it is: it is signed.
  const passOn = (to: string) => `proxy_pass ${to}; proxy_http_version 1.1; proxy_set_header Host $http_host;`;
  return `
${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
worker_processes 2;
pid ${folder}/nginx.pid;
events {}
http {
  access_log off;
  client_max_body_size 0;
  keepalive_timeout 300;
  ${TEMP_PATHS.map((name) => `${name}_temp_path ${folder}/temp/${name};`).join('\n  ')}
  server {
    listen 127.0.0.1:${ports.s3};
    location /${bucket}/ { root ${folder}/source; sendfile on; }
    location / { ${passOn(s3)} }
  }
  server {
    listen 127.0.0.1:${ports.cloud};
    location ~ ^/image/v2/images/[^/]+/file$ {
      root ${folder}/sink;
      dav_methods PUT;
      create_full_put_path on;
      client_body_buffer_size 128k;
    }
    location /plain/ {
      # rclone asks what it has written, by a method that nginx lacks.
      default_type application/xml;
      if ($request_method = PROPFIND) { return 207 '${FOUND}'; }
      root ${folder}/sink;
      dav_methods PUT;
      create_full_put_path on;
      client_body_buffer_size 128k;
    }
    location / { ${passOn(cloud)} }
  }
}
`;
}

async function listening(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const socket = connect(port, '127.0.0.1');
    const isThere = await Promise.race([
      once(socket, 'connect').then(
        () => true,
        () => false,
      ),
      pause(1000, false),
    ]);
    socket.destroy();
    if (isThere) return;
    await pause(50);
  }
  throw new Error(`nginx does not listen on port ${port}; its last words are above.`);
}
