import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openServer, type OpenServer } from '../testing/openServer.ts'

/** Sign-in takes so many tries a minute from one address. */
const tries = 10

let server: OpenServer

const openBehind = async (trusted: string): Promise<void> => {
  server = await openServer({ environment: { TRUSTED_PROXIES: trusted } })
  await server.signUp('first@example.com')
}

async function guess(forwardedFor: string): Promise<number> {
  const answer = await fetch(`${server.url}/auth/sign-in/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: server.url, 'x-forwarded-for': forwardedFor },
    body: JSON.stringify({ email: 'first@example.com', password: 'a wrong one' }),
  })
  return answer.status
}

async function guessAll(forwardedFor: (index: number) => string): Promise<number[]> {
  const statuses: number[] = []
  for (let index = 0; index < tries; index++) statuses.push(await guess(forwardedFor(index)))
  return statuses
}

const allWrong = Array.from({ length: tries }, () => 401)

describe('behind a trusted proxy', () => {
  beforeAll(() => openBehind('192.0.2.0/24, 127.0.0.1'), 60_000)
  afterAll(() => server?.close())

  it('O11 who it speaks for is throttled apart from everybody else', async () => {
    expect(await guessAll(() => '203.0.113.1')).toEqual(allWrong)
    expect(await guess('203.0.113.1')).toBe(429)
    expect(await guess('203.0.113.2')).toBe(401)
  }, 30_000)

  it('O11 what the client itself had put before that changes nothing', async () => {
    expect(await guessAll((index) => `198.51.100.${index}, 203.0.113.3`)).toEqual(allWrong)
    expect(await guess('198.51.100.200, 203.0.113.3')).toBe(429)
    // Another trusted one in between is passed over.
    expect(await guess('203.0.113.3, 192.0.2.7')).toBe(429)
  }, 30_000)

  it('O11 what is no address counts as none', async () => {
    expect(await guessAll((index) => `nonsense ${index}`)).toEqual(allWrong)
    expect(await guess('other nonsense')).toBe(429)
  }, 30_000)
})

describe('from an address that is not trusted', () => {
  beforeAll(() => openBehind('192.0.2.0/24'), 60_000)
  afterAll(() => server?.close())

  it('O11 the header changes nothing', async () => {
    expect(await guessAll((index) => `203.0.113.${index}`)).toEqual(allWrong)
    expect(await guess('203.0.113.200')).toBe(429)
    expect(await guess('192.0.2.1')).toBe(429)
  }, 30_000)
})
