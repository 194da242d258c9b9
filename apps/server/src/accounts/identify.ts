import type { IncomingHttpHeaders } from 'node:http'
import type { User } from '@stagewright/api'
import { DatabaseUnavailable } from '@stagewright/core'
import { translating, type Prisma } from '@stagewright/db'
import { fromNodeHeaders } from 'better-auth/node'
import type { KeyCheck } from './apiKeys.ts'
import type { Auth } from './auth.ts'
import type { Standing } from './standing.ts'

/** Who a request comes from, and the way to ask again whether that still holds. */
export type Identity = { user: User | null; isStillAllowed(): Promise<boolean> }

export type Identify = (headers: IncomingHttpHeaders) => Promise<Identity>

export type IdentifyParts = { auth: Auth; checkKey: KeyCheck; standing: Standing; prisma: Prisma }

/** Throws DatabaseUnavailable when nobody can say. By Bearer key (services) or by session cookie (people). A request with neither is a stranger's. */
export function createIdentify({ auth, checkKey, standing, prisma }: IdentifyParts): Identify {
  const byKey = async (key: string): Promise<Identity> => {
    const checked = await checkKey(key)
    if (checked === null) return stranger
    const user = await translating(() =>
      prisma.user.findUnique({ where: { id: checked.userId }, select: { id: true, role: true } }),
    )
    if (user === null) return stranger
    return { user: { id: user.id, role: roleOf(user.role) }, isStillAllowed: () => standing.key(checked.keyId) }
  }
  const byCookie = async (headers: IncomingHttpHeaders): Promise<Identity> => {
    const query = { disableRefresh: true }
    const found = await auth.api.getSession({ headers: fromNodeHeaders(headers), query }).catch((error: unknown) => {
      // It throws for nothing that a cookie has in it, and does not say what the database said.
      throw new DatabaseUnavailable('The session could not be looked at.', { cause: error })
    })
    if (found === null) return stranger
    const { user, session } = found
    return { user: { id: user.id, role: roleOf(user.role) }, isStillAllowed: () => standing.session(session.token) }
  }
  return async (headers) => {
    const key = bearerOf(headers.authorization)
    if (key !== null) return byKey(key)
    return headers.cookie === undefined ? stranger : byCookie(headers)
  }
}

const stranger: Identity = { user: null, isStillAllowed: async () => false }

function bearerOf(authorization: string | undefined): string | null {
  const match = /^Bearer\s+(\S+)$/i.exec(authorization ?? '')
  return match?.[1] ?? null
}

function roleOf(role: unknown): User['role'] {
  return role === 'admin' ? 'admin' : 'user'
}
