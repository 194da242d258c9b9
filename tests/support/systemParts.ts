import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, readdirSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** A program that tests need and npm cannot bring: where it may lie, what installs it, what to set instead. */
interface SystemPart {
  name: string
  /** Debian packages that bring it. */
  packages: string[]
  /** The variable that makes the search needless. */
  variable: string
  /** The absolute place of what was found, or null. */
  find: () => string | null
}

const CHROMIUM_NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']
const REDIS_NAMES = ['redis-server', 'valkey-server']
const MAC_CHROME = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'
const DEBIAN_POSTGRES = '/usr/lib/postgresql'
const CJK_FONTS = '/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc'
const OLDEST_POSTGRES = 15
/** Where Debian keeps nginx, which is not on the PATH of everybody. */
const SYSTEM_PROGRAMS = ['/usr/sbin', '/usr/local/sbin']

const PARTS: SystemPart[] = [
  { name: 'Chromium', packages: ['chromium'], variable: 'CHROMIUM_PATH', find: findChromium },
  { name: 'PostgreSQL', packages: ['postgresql'], variable: 'TEST_DATABASE_URL', find: findPostgres },
  { name: 'Redis', packages: ['redis-server'], variable: 'REDIS_SERVER_PATH', find: findRedis },
  { name: 'nginx', packages: ['nginx'], variable: 'NGINX_PATH', find: findNginx },
  { name: 'OpenSSL', packages: ['openssl'], variable: 'OPENSSL_PATH', find: findOpenssl },
  { name: 'Caddy', packages: ['caddy'], variable: 'CADDY_PATH', find: findCaddy },
]

/** The Chromium (or Chrome) of this machine, `CHROMIUM_PATH` first; null when there is none. */
export function findChromium(): string | null {
  return findProgram('CHROMIUM_PATH', () => findOnPath(CHROMIUM_NAMES) ?? (isProgram(MAC_CHROME) ? MAC_CHROME : null))
}

/** The Redis or Valkey server of this machine, `REDIS_SERVER_PATH` first; null when there is none. */
export function findRedis(): string | null {
  return findProgram('REDIS_SERVER_PATH', () => findOnPath(REDIS_NAMES))
}

/** The nginx of this machine, `NGINX_PATH` first; null when there is none. */
export function findNginx(): string | null {
  return findProgram('NGINX_PATH', () => findOnPath(['nginx'], SYSTEM_PROGRAMS))
}

/** For certificates of tests: `OPENSSL_PATH` first; null when there is none. */
export function findOpenssl(): string | null {
  return findProgram('OPENSSL_PATH', () => findOnPath(['openssl']))
}

/** The Caddy of this machine, `CADDY_PATH` first; null when there is none. */
export function findCaddy(): string | null {
  return findProgram('CADDY_PATH', () => findOnPath(['caddy']))
}

/** The folder with `initdb` and `postgres` (15 or newer), or null. Debian keeps it off the PATH. */
export function findPostgres(): string | null {
  const onPath = (process.env['PATH'] ?? '').split(delimiter)
  return [...debianPostgresFolders(), ...onPath].find(isPostgresFolder) ?? null
}

/**
 * Finds what the tests need, or installs it where that is possible without asking: on Debian as root.
 * Throws one sentence naming each missing part, its packages and the variable to set instead.
 */
export function requireSystemParts(log: (line: string) => void): void {
  const missing = PARTS.filter(isMissing)
  if (missing.length > 0) installOrThrow('The tests need', missing, log)
  installChineseFont(log)
}

/** The same for some of them, by name; `who` begins the sentence ("The cluster needs"). */
export function requireParts(names: readonly string[], who: string, log: (line: string) => void): void {
  const missing = PARTS.filter((part) => names.includes(part.name) && part.find() === null)
  if (missing.length > 0) installOrThrow(who, missing, log)
}

function isMissing(part: SystemPart): boolean {
  const isGiven = part.variable.endsWith('_URL') && (process.env[part.variable] ?? '') !== ''
  return !isGiven && part.find() === null
}

function installOrThrow(who: string, missing: SystemPart[], log: (line: string) => void): void {
  const badPath = missing.find((part) => (process.env[part.variable] ?? '') !== '')
  if (badPath) throw new Error(`${badPath.variable} names no program: ${process.env[badPath.variable] ?? ''}`)
  const packages = missing.flatMap((part) => part.packages)
  if (canInstall()) installPackages(packages, log)
  const left = missing.filter((part) => part.find() === null)
  if (left.length === 0) return
  const wishes = left.map((part) => `${part.name} (package ${part.packages.join(' ')}, or set ${part.variable})`)
  throw new Error(`${who} ${wishes.join(' and ')}: please install what is missing and try again.`)
}

/** Pictures of Chinese pages show empty boxes without it; no test fails for want of a font, so nothing throws. */
function installChineseFont(log: (line: string) => void): void {
  if (existsSync(CJK_FONTS) || !canInstall()) return
  const failure = tryInstall(['fonts-noto-cjk'], log)
  if (failure !== null) log(`Chinese text will show as boxes in screenshots: ${failure}`)
}

function canInstall(): boolean {
  return existsSync('/etc/debian_version') && process.getuid?.() === 0 && findOnPath(['apt-get']) !== null
}

function installPackages(packages: string[], log: (line: string) => void): void {
  const failure = tryInstall(packages, log)
  if (failure !== null) throw new Error(`apt-get could not install ${packages.join(' ')}: ${failure}`)
}

function tryInstall(packages: string[], log: (line: string) => void): string | null {
  log(`Installing ${packages.join(' ')} with apt-get for the tests`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const commands = [['update'], ['install', '-y', '--no-install-recommends', ...packages]]
  for (const args of commands) {
    const result = spawnSync('apt-get', args, { env, encoding: 'utf8' })
    if (result.status !== 0) return lastLines(result.stderr || String(result.error))
  }
  return null
}

function debianPostgresFolders(): string[] {
  if (!existsSync(DEBIAN_POSTGRES)) return []
  const versions = readdirSync(DEBIAN_POSTGRES)
    .map(Number)
    .filter((version) => version >= OLDEST_POSTGRES)
  return versions.toSorted((a, b) => b - a).map((version) => join(DEBIAN_POSTGRES, String(version), 'bin'))
}

function isPostgresFolder(folder: string): boolean {
  return isProgram(join(folder, 'initdb')) && isProgram(join(folder, 'postgres'))
}

/** What the variable names, which must be a program, or else what is found. */
function findProgram(variable: string, find: () => string | null): string | null {
  const chosen = process.env[variable]
  if (chosen !== undefined && chosen !== '') return isProgram(chosen) ? chosen : null
  return find()
}

function findOnPath(names: string[], others: string[] = []): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...others]
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram) ?? null
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false // not there, or not ours to run: either way it cannot be used
  }
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-3).join(' ')
}
