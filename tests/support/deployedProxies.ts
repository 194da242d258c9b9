// The proxies of docs/deploy, run from the very files that an operator copies, with addresses of a test filled in.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startCaddy } from './caddy.ts'
import { startNginx } from './nginx.ts'
import type { RunningProxy } from './proxyProgram.ts'
import { findOpenssl } from './systemParts.ts'

export type Deployed = { serverPort: number; httpsPort: number; httpPort: number }

/** At https://localhost:<httpsPort>, with a certificate that nobody has signed. */
export async function startDeployedNginx({ serverPort, httpsPort, httpPort }: Deployed): Promise<RunningProxy> {
  const folder = mkdtempSync(join(tmpdir(), 'stagewright-certificate-'))
  try {
    const { key, certificate } = makeCertificate(folder)
    // Awaited here: nginx reads the certificate at its start.
    return await startNginx(
      fillIn(readDeployed('nginx.conf'), [
        ['  server 127.0.0.1:3000;', `  server 127.0.0.1:${serverPort};`],
        ['listen 80;', `listen 127.0.0.1:${httpPort};`],
        ['listen 443 ', `listen 127.0.0.1:${httpsPort} `],
        ['server_name studio.example.com;', 'server_name localhost;'],
        ['/etc/ssl/studio.example.com.pem', certificate],
        ['/etc/ssl/studio.example.com.key', key],
      ]),
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** At https://localhost:<httpsPort>, with a certificate of its own making. */
export async function startDeployedCaddy({ serverPort, httpsPort }: Omit<Deployed, 'httpPort'>): Promise<RunningProxy> {
  return startCaddy(
    fillIn(readDeployed('Caddyfile'), [
      ['studio.example.com {', `https://localhost:${httpsPort} {`],
      ['reverse_proxy 127.0.0.1:3000 {', `reverse_proxy 127.0.0.1:${serverPort} {`],
    ]),
  )
}

function readDeployed(name: string): string {
  return readFileSync(new URL(`../../docs/deploy/${name}`, import.meta.url), 'utf8')
}

/** Throws when a piece is not there: what is not filled in would not be what is tested. */
function fillIn(text: string, pieces: readonly (readonly [string, string])[]): string {
  return pieces.reduce((filled, [from, to]) => {
    if (!filled.includes(from)) throw new Error(`There is no "${from}" in the configuration to fill in.`)
    return filled.replaceAll(from, to)
  }, text)
}

function makeCertificate(folder: string): { key: string; certificate: string } {
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  const kind = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
  const made = spawnSync(findOpenssl() ?? 'openssl', [...kind, ...names, '-keyout', key, '-out', certificate], {
    encoding: 'utf8',
  })
  if (made.status !== 0) throw new Error(`openssl made no certificate: ${made.stderr || String(made.error)}`)
  return { key, certificate }
}
