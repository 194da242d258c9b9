import { createHash } from 'node:crypto'
import { defaultKeyHasher } from '@better-auth/api-key'
import type { ApiKeys } from '@stagewright/api'
import { translating, type Prisma } from '@stagewright/db'
import type { Auth } from './auth.ts'
import { rememberAnswers } from './rememberAnswers.ts'
import type { Standing } from './standing.ts'

const secondsPerDay = 86_400
/** How long an answer is believed. */
const believedMs = 2_000

export function createApiKeys(auth: Auth, prisma: Prisma, standing: Standing): ApiKeys {
  return {
    async list(userId) {
      const keys = await prisma.apikey.findMany({ where: { referenceId: userId }, orderBy: { createdAt: 'desc' } })
      return keys.map((key) => ({
        id: key.id,
        name: key.name ?? '',
        start: key.start ?? '',
        createdAt: key.createdAt.toISOString(),
        expiresAt: key.expiresAt?.toISOString() ?? null,
        lastUsedAt: key.lastRequest?.toISOString() ?? null,
      }))
    },
    async create(userId, { name, expiresInDays }) {
      const expiresIn = expiresInDays === null ? null : expiresInDays * secondsPerDay
      const { id, key } = await auth.api.createApiKey({ body: { userId, name, expiresIn } })
      return { id, key }
    },
    async revoke(userId, id) {
      const { count } = await prisma.apikey.deleteMany({ where: { id, referenceId: userId } })
      standing.forgetKey(id)
      return count > 0
    },
  }
}

/** Who a key speaks for, and the key's own id; null when it is no good. Remembered for two seconds: it is asked with every request. */
export type KeyCheck = (key: string) => Promise<{ userId: string; keyId: string } | null>

/**
 * Throws DatabaseUnavailable when nobody can say. better-auth's own check answers then that the key is no good, which
 * would send a service away for good for as little as a connection that was cut.
 */
export function createKeyCheck(prisma: Prisma): KeyCheck {
  const check = rememberAnswers(believedMs, async (key: string) => {
    const hash = await defaultKeyHasher(key)
    const found = await translating(
      () => prisma.$queryRaw<{ userId: string; keyId: string }[]>`
        UPDATE api_keys SET last_request = now()
        WHERE key = ${hash} AND enabled IS NOT FALSE AND (expires_at IS NULL OR expires_at > now())
        RETURNING reference_id AS "userId", id AS "keyId"`,
    )
    return found[0] ?? null
  })
  return (key) => check.ask(createHash('sha256').update(key).digest('base64url'), key)
}
