import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { readConfig, settingsSchema } from '../../apps/server/src/config.ts'

type Service = {
  image?: string
  build?: string
  environment?: Record<string, string>
  depends_on?: Record<string, unknown>
  volumes?: string[]
}
type Compose = { services: Record<string, Service>; volumes: Record<string, unknown> }

const root = new URL('../../', import.meta.url)
const compose = parse(readFileSync(new URL('compose.yaml', root), 'utf8'), { merge: true }) as Compose
const servers = Object.entries(compose.services).filter(([, { build }]) => build !== undefined)
/** What each must be given by whoever starts it. */
const given: Record<string, string> = { POSTGRES_PASSWORD: 'password', SECRET_KEY: 'k'.repeat(32) }

test('N9 compose.yaml has PostgreSQL, Redis, nginx, two that serve and two that run tasks', () => {
  expect(Object.keys(compose.services).toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
    'api-1',
    'api-2',
    'nginx',
    'postgres',
    'redis',
    'worker-1',
    'worker-2',
  ])
  for (const { depends_on: needed = {} } of Object.values(compose.services))
    for (const name of Object.keys(needed)) expect(compose.services).toHaveProperty(name)
  expect(existsSync(new URL('Dockerfile', root))).toBe(true)
})

test.each(servers)('N9 every setting of %s in compose.yaml exists and is right', (_name, { environment = {} }) => {
  for (const name of Object.keys(environment)) expect(settingsSchema.shape).toHaveProperty(name)
  const filled = Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, fill(value)]))
  const { role, databaseUrl, redisUrl } = readConfig(filled)
  expect({ role, databaseUrl, redisUrl }).toEqual({
    role: environment['ROLE'],
    databaseUrl: 'postgresql://stagewright:password@postgres:5432/stagewright',
    redisUrl: 'redis://redis:6379',
  })
})

test('N9 the files that compose.yaml mounts are there, and lead to the two that serve', () => {
  const [mount = ''] = compose.services['nginx']?.volumes ?? []
  const configuration = readFileSync(new URL(mount.split(':')[0]!, root), 'utf8')
  const targets = [...configuration.matchAll(/^\s*server (\S+):(\d+);/gm)].map(([, host, port]) => [host, port])
  expect(targets).toEqual(['api-1', 'api-2'].map((name) => [name, compose.services[name]?.environment?.['PORT']]))
})

/** As Compose does: `${NAME:-instead}`, `${NAME:?why it is needed}`. */
function fill(value: string): string {
  return value.replaceAll(/\$\{(\w+):([-?])([^}]*)\}/g, (_whole, name: string, kind: string, words: string) => {
    if (kind === '?' && given[name] === undefined) throw new Error(`${name} is needed: ${words}`)
    return given[name] ?? words
  })
}
