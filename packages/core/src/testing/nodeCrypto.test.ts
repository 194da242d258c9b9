import { expect, it } from 'vitest'
import { createNodeCrypto } from './nodeCrypto.ts'

it('hashes the UTF-8 of a text', () => {
  const crypto = createNodeCrypto()
  expect(crypto.sha256('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  expect(crypto.sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})

it('makes UUIDs of version 7 that grow, many in one millisecond', () => {
  const crypto = createNodeCrypto()
  const ids = Array.from({ length: 10_000 }, () => crypto.newId())
  expect(ids).toEqual([...new Set(ids)].toSorted())
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})
