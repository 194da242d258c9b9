import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const documented = new URL('../../docs/deploy/nginx-cluster.conf', import.meta.url)

export type NginxPlaces = { folder: string; listen: number; apis: readonly [number, number] }

/** Writes the documented configuration with these ports in it; gives the arguments that run it in the foreground. */
export function configureNginx({ folder, listen, apis }: NginxPlaces): string[] {
  const site = replaceEach(readFileSync(documented, 'utf8'), [
    ['server api-1:3000;', `server 127.0.0.1:${apis[0]};`],
    ['server api-2:3000;', `server 127.0.0.1:${apis[1]};`],
    ['listen 80;', `listen 127.0.0.1:${listen};`],
  ])
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  const lines = [
    'daemon off;',
    'worker_processes 1;',
    `pid ${folder}/nginx.pid;`,
    'error_log stderr warn;',
    'events { worker_connections 1024; }',
    'http {',
    'access_log off;',
    ...temporary.map((name) => `${name}_temp_path ${folder}/${name};`),
    site,
    '}',
  ]
  // The workers of a root's nginx run as another user.
  chmodSync(folder, 0o755)
  writeFileSync(join(folder, 'nginx.conf'), `${lines.join('\n')}\n`)
  return ['-p', folder, '-c', 'nginx.conf', '-e', 'stderr']
}

function replaceEach(text: string, pairs: readonly (readonly [from: string, to: string])[]): string {
  return pairs.reduce((present, [from, to]) => {
    if (present.split(from).length !== 2) throw new Error(`docs/deploy/nginx-cluster.conf should have "${from}" once.`)
    return present.replace(from, to)
  }, text)
}
