import { describe, expect, it } from 'vitest'
import type { MessageKey } from '../i18n.ts'
import { en } from '../locales/en.ts'
import { errorCodes, type Failure } from '../types.ts'
import { describeFailure } from './errorWords.ts'

const t = (key: MessageKey, params: Record<string, string | number> = {}) =>
  en[key].replace(/\{(\w+)\}/g, (_, name: string) => String(params[name]))

describe('the words of a failure', () => {
  it('exist for every code', () => {
    for (const code of errorCodes) {
      const words = describeFailure({ code, message: 'x' }, t)
      expect(words.title, code).toBe(en[`error.${code}`])
      expect(words.whose, code).not.toBe('')
    }
  })

  it('say when to try again', () => {
    const failure: Failure = { code: 'provider.rateLimited', message: '', params: { retryAfterMs: 11_200 } }
    expect(describeFailure(failure, t).hint).toContain('Again in 12 s.')
  })

  it('say an unknown code of a newer server as a failure of the server', () => {
    const failure = { code: 'provider.fromTheFuture', message: '' } as unknown as Failure
    expect(describeFailure(failure, t).title).toBe(en['error.server.internal'])
  })
})
