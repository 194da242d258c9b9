import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startProxyProgram, type RunningProxy } from './proxyProgram.ts'
import { findNginx } from './systemParts.ts'

/** What nginx would write into the folders of the system. */
const writtenPaths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`)

/** A real nginx with these directives in its `http` block. It is one process, so that none is left without its master. */
export async function startNginx(directives: string): Promise<RunningProxy> {
  const path = findNginx()
  if (path === null) throw new Error('nginx is not installed; install it or set NGINX_PATH')
  const prepare = (folder: string): { args: string[] } => {
    writeFileSync(join(folder, 'nginx.conf'), configurationOf(folder, directives))
    return { args: ['-p', folder, '-c', 'nginx.conf', '-e', 'stderr'] }
  }
  return startProxyProgram({ name: 'nginx', path, prepare, readyLine: 'using the "' })
}

function configurationOf(folder: string, directives: string): string {
  return `
daemon off;
master_process off;
pid ${join(folder, 'nginx.pid')};
error_log stderr notice;
events { worker_connections 512; }
http {
  access_log off;
  ${writtenPaths.join('\n  ')}
${directives}
}
`
}
