import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { BadSetting, readConfig, settingsSchema } from './config.ts'

const example = readFileSync(new URL('../../../.env.example', import.meta.url), 'utf8')
const exampleValues = new Map(
  example
    .split('\n')
    .filter((line) => /^[A-Z]/.test(line))
    .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
)

describe('the settings', () => {
  it('O1 are all in .env.example, with their defaults, and no others', () => {
    expect([...exampleValues.keys()].toSorted()).toEqual(Object.keys(settingsSchema.shape).toSorted())
    expect(readConfig(Object.fromEntries(exampleValues))).toEqual(readConfig({}))
  })

  it.each([
    [{ PORT: '70000' }, /PORT .*65535/],
    [{ PORT: 'http' }, /PORT .*whole number/],
    [{ DATABASE_URL: 'mysql://x' }, /DATABASE_URL .*postgres/],
    [{ DATABASE_URL: 'postgres://x/y' }, /SECRET_KEY is needed/],
    [{ REDIS_URL: 'localhost:6379' }, /REDIS_URL .*redis:\/\//],
    [{ SECRET_KEY: 'short' }, /SECRET_KEY .*32 characters/],
    [{ OPENAI_BASE_URL: 'api.example.com' }, /OPENAI_BASE_URL .*http/],
    [{ ALLOWED_ORIGINS: 'https://a.example, nonsense' }, /ALLOWED_ORIGINS .*nonsense/],
    [{ TRUSTED_PROXIES: '10.0.0.1, proxy.example' }, /TRUSTED_PROXIES .*CIDR/],
    [{ TRUSTED_PROXIES: '10.0.0.0/33' }, /TRUSTED_PROXIES .*CIDR/],
    [{ TRUSTED_PROXIES: '0.0.0.0/0' }, /TRUSTED_PROXIES .*CIDR/],
    [{ FILES_BUCKET: 'b', FILES_ENDPOINT: 'https://s3.example' }, /FILES_ACCESS_KEY and FILES_SECRET_KEY must be set/],
    [{ FILES_ENDPOINT: 's3.example' }, /FILES_ENDPOINT .*http/],
    [{ WEBHOOK_SECRET: 'secret' }, /WEBHOOK_SECRET .*whsec_/],
    [{ WEBHOOK_SECRET: 'whsec_c2hvcnQ=' }, /WEBHOOK_SECRET .*24 bytes/],
    [{ ROLE: 'boss' }, /ROLE .*all, api or worker/],
    [{ LOG_LEVEL: 'loud' }, /LOG_LEVEL/],
  ])('O2 that are wrong are named with what is expected: %j', (environment, words) => {
    expect(() => readConfig(environment)).toThrow(BadSetting)
    expect(() => readConfig(environment)).toThrow(words)
  })

  it.each(['api', 'worker'])('M5 refuse the role %s on an embedded database', (role) => {
    expect(() => readConfig({ ROLE: role })).toThrow(BadSetting)
    expect(() => readConfig({ ROLE: role })).toThrow(new RegExp(`ROLE=${role}, DATABASE_URL is needed`))
    const server = { DATABASE_URL: 'postgres://x/y', SECRET_KEY: 'k'.repeat(32) }
    expect(readConfig({ ROLE: role, ...server }).role).toBe(role)
    expect(readConfig(server).role).toBe('all')
  })

  it('O2 take addresses and ranges of both kinds for proxies', () => {
    const { trustedProxies } = readConfig({ TRUSTED_PROXIES: '127.0.0.1, 10.0.0.0/8,::1,fd00::/8' })
    expect(trustedProxies).toEqual(['127.0.0.1', '10.0.0.0/8', '::1', 'fd00::/8'])
  })

  it('O3 take the address of a call for the base it begins with', () => {
    const { provider } = readConfig({ OPENAI_BASE_URL: 'http://127.0.0.1:11434/v1/chat/completions' })
    expect(provider).toEqual({ baseUrl: 'http://127.0.0.1:11434/v1', apiKey: 'none', model: 'gpt-4.1-mini' })
  })
})
