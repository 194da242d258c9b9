import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, runCaptured } from './child.mjs'
import { describeInstallFailure } from './failure.mjs'

const MODULES = join(ROOT, 'node_modules')
const STAMP = join(MODULES, '.install-stamp')

/** Installs exactly what the lock file says, unless that has been done since it last changed. */
export async function installDependencies({ env, versions }) {
  const wanted = fingerprint(versions)
  // pnpm writes .modules.yaml last: without it an installation was cut short.
  const isWhole = existsSync(join(MODULES, '.modules.yaml')) && existsSync(STAMP)
  if (isWhole && readFileSync(STAMP, 'utf8') === wanted) return
  console.log('Installing dependencies')
  // CI=1 keeps pnpm from asking questions where a half-made node_modules lies in its way.
  // Left to itself pnpm waits more than five minutes for a dead network, without a word.
  const patience = {
    PNPM_CONFIG_FETCH_RETRIES: '2',
    PNPM_CONFIG_FETCH_RETRY_MINTIMEOUT: '1000',
    PNPM_CONFIG_FETCH_RETRY_MAXTIMEOUT: '4000',
  }
  const options = {
    env: { ...patience, ...env, CI: '1' },
    echo: process.stdout.isTTY,
    missing: 'pnpm is not in .tools',
  }
  const result = await runCaptured('pnpm', ['install', '--frozen-lockfile'], options)
  if (result.code !== 0) throw describeInstallFailure('installing the dependencies with pnpm', result.output)
  writeFileSync(STAMP, wanted)
}

function fingerprint(versions) {
  const hash = createHash('sha256')
  for (const name of ['pnpm-lock.yaml', 'pnpm-workspace.yaml']) hash.update(readFileSync(join(ROOT, name)))
  hash.update(JSON.stringify([versions.pnpm, process.platform, process.arch]))
  return hash.digest('hex')
}
