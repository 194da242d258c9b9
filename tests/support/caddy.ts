import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startProxyProgram, type RunningProxy } from './proxyProgram.ts'
import { findCaddy } from './systemParts.ts'

/** Nothing of the machine is touched: no trust store, no administration port, no port 80. */
const apart = `{
	admin off
	skip_install_trust
	auto_https disable_redirects
	default_bind 127.0.0.1
}
`

/** A real Caddy with this Caddyfile, in one process. For names of this machine it makes its own certificates. */
export async function startCaddy(caddyfile: string): Promise<RunningProxy> {
  const path = findCaddy()
  if (path === null) throw new Error('Caddy is not installed; install it or set CADDY_PATH')
  const prepare = (folder: string): { args: string[]; environment: Record<string, string> } => {
    writeFileSync(join(folder, 'Caddyfile'), apart + caddyfile)
    return {
      args: ['run', '--config', 'Caddyfile', '--adapter', 'caddyfile'],
      environment: { XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
    }
  }
  return startProxyProgram({ name: 'caddy', path, prepare, readyLine: 'certificate obtained successfully' })
}
