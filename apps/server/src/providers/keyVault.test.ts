import { AppError } from '@stagewright/core'
import { describe, expect, it } from 'vitest'
import { createKeyVault } from './keyVault.ts'

const vault = createKeyVault('a secret of the server')
const apiKey = 'sk-planted-0123456789-ключ'

function refusal(open: () => string): AppError {
  try {
    open()
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
  throw new Error('It opened.')
}

describe('keyVault', () => {
  it('gives back what it sealed, also an empty key, and never seals twice alike', () => {
    expect(vault.open('p1', vault.seal('p1', apiKey))).toBe(apiKey)
    expect(vault.open('p1', vault.seal('p1', ''))).toBe('')
    expect(vault.seal('p1', apiKey)).not.toBe(vault.seal('p1', apiKey))
  })

  it('opens after a restart with the same secret, not with another', () => {
    const sealed = vault.seal('p1', apiKey)
    expect(createKeyVault('a secret of the server').open('p1', sealed)).toBe(apiKey)
    expect(refusal(() => createKeyVault('another').open('p1', sealed)).code).toBe('provider.keyRefused')
  })

  it('W16 refuses a key moved to another row, naming the row and what to do', () => {
    const error = refusal(() => vault.open('p2', vault.seal('p1', apiKey)))
    expect(error.message).toMatch(/provider p2 .*SECRET_KEY.*Enter the key again/)
    expect(error.params).toEqual({ providerId: 'p2', reason: 'undecryptable' })
  })

  it('W16 refuses every single flipped bit', () => {
    const sealed = Buffer.from(vault.seal('p1', 'sk-1'))
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const altered = Buffer.from(sealed)
      altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(refusal(() => vault.open('p1', altered.toString('latin1'))).code).toBe('provider.keyRefused')
    }
  })

  it.each(['', 'v1', 'v1..', 'v1.AAAA.AAAA', 'v2.a.b', 'plain-text-key', 'v1.a.b.c'])('refuses %j', (sealed) => {
    expect(refusal(() => vault.open('p1', sealed)).code).toBe('provider.keyRefused')
  })

  it('refuses a shortened or lengthened value', () => {
    const sealed = vault.seal('p1', apiKey)
    for (const altered of [sealed.slice(0, -1), `${sealed}A`, `${sealed}.AAAA`, `${sealed}=`, `${sealed}\n`]) {
      expect(refusal(() => vault.open('p1', altered)).code).toBe('provider.keyRefused')
    }
  })

  it('keeps the key out of the sealed value and needs a secret', () => {
    expect(vault.seal('p1', apiKey)).not.toContain('planted')
    expect(() => createKeyVault('')).toThrow(/SECRET_KEY is empty/)
  })
})
