import { apiKey } from '@better-auth/api-key'
import type { Prisma } from '@stagewright/db'
import { betterAuth } from 'better-auth'
import { prismaAdapter } from 'better-auth/adapters/prisma'
import type { Logger } from '../log.ts'
import type { OriginRule } from '../origins.ts'
import type { Standing } from './standing.ts'

/** Set by our own HTTP layer from the socket, so a client can't choose the address it is throttled by. */
export const clientAddressHeader = 'x-stagewright-client'

export type AuthOptions = {
  prisma: Prisma
  secretKey: string
  origins: OriginRule
  publicUrl: string | null
  standing: Standing
  log: Logger
}

/** Accounts, sessions and API keys. The first account becomes the administrator. */
export function createAuth({ prisma, secretKey, origins, publicUrl, standing, log }: AuthOptions) {
  return betterAuth({
    basePath: '/auth',
    // The fallback is for our own calls, which come with no request; nothing they answer has an address in it.
    baseURL: publicUrl ?? { allowedHosts: origins.hosts(), protocol: 'http', fallback: 'http://localhost' },
    secret: secretKey,
    database: prismaAdapter(prisma, { provider: 'postgresql' }),
    trustedOrigins: () => origins.list(),
    emailAndPassword: { enabled: true, minPasswordLength: 8, maxPasswordLength: 128, autoSignIn: true },
    user: { additionalFields: { role: { type: 'string', input: false, defaultValue: 'user' } } },
    session: { expiresIn: 30 * 24 * 3_600, updateAge: 24 * 3_600 },
    rateLimit: {
      enabled: true,
      storage: 'database',
      window: 60,
      max: 120,
      customRules: {
        '/sign-in/email': { window: 60, max: 10 },
        '/sign-up/email': { window: 60, max: 10 },
        // Asked by every page at its start; it tells nothing to a stranger.
        '/get-session': false,
      },
    },
    plugins: [
      apiKey({ defaultPrefix: 'sw_', maximumNameLength: 64, enableMetadata: false, rateLimit: { enabled: false } }),
    ],
    advanced: {
      cookiePrefix: 'stagewright',
      useSecureCookies: publicUrl?.startsWith('https:') ?? false,
      database: { generateId: 'uuid' },
      ipAddress: { ipAddressHeaders: [clientAddressHeader] },
    },
    databaseHooks: {
      session: { delete: { after: async ({ token }) => standing.forgetSession(token) } },
      user: {
        create: {
          async after() {
            // By order of making, so that of two first sign-ups at once exactly one becomes the administrator.
            await prisma.$executeRaw`
              UPDATE users SET role = 'admin'
              WHERE id = (SELECT id FROM users ORDER BY created_at, id LIMIT 1)
                AND NOT EXISTS (SELECT 1 FROM users WHERE role = 'admin')`
          },
        },
      },
    },
    telemetry: { enabled: false },
    logger: {
      // What it calls an error is one of its caller too (a wrong password), or a database that is away: no fault of ours.
      log: (level, message, ...details) =>
        log[level === 'error' ? 'warn' : level]({ details: details.map(String) }, message),
    },
  })
}

export type Auth = ReturnType<typeof createAuth>
