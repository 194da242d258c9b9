import { translating, type Prisma } from '@stagewright/db'
import { rememberAnswers } from './rememberAnswers.ts'

/** Streams ask every 4 s and end within 5 s of a revocation: where another process may revoke, no answer is older than this. */
const sharedBelievedMs = 500
/** Where nobody else can, what is revoked here is forgotten at once; only a time of expiry comes by itself. */
const ownBelievedMs = 30_000

/**
 * Whether a session or key that was good still is. Every stream asks again and again, so this writes nothing (verifying
 * a key anew would count as a use of it) and asks the database only where the answer may have changed.
 */
export type Standing = {
  session(token: string): Promise<boolean>
  key(keyId: string): Promise<boolean>
  /** Ended in this process: the next question is put to the database. */
  forgetSession(token: string): void
  forgetKey(keyId: string): void
}

export function createStanding(prisma: Prisma, { isAlone }: { isAlone: boolean }): Standing {
  const believedMs = isAlone ? ownBelievedMs : sharedBelievedMs
  const sessions = rememberAnswers(believedMs, async (token: string) => {
    const rows = await translating(
      () => prisma.$queryRaw<unknown[]>`SELECT 1 FROM sessions WHERE token = ${token} AND expires_at > now()`,
    )
    return rows.length > 0
  })
  const keys = rememberAnswers(believedMs, async (keyId: string) => {
    const rows = await translating(
      () => prisma.$queryRaw<unknown[]>`
        SELECT 1 FROM api_keys k JOIN users u ON u.id = k.reference_id
        WHERE k.id = ${keyId} AND k.enabled IS NOT FALSE AND (k.expires_at IS NULL OR k.expires_at > now())`,
    )
    return rows.length > 0
  })
  return {
    session: (token) => sessions.ask(token, token),
    key: (keyId) => keys.ask(keyId, keyId),
    forgetSession: sessions.forget,
    forgetKey: keys.forget,
  }
}
