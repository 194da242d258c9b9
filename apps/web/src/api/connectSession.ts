import type { AccountOutcome, AccountRefusal, SessionApi, SessionUser } from './studio.ts'

type AuthUser = { id: string; name: string; email: string; role?: string }
/** `code` is of the accounts' own library, `appCode` of the server around it. */
type AuthAnswer = { user?: AuthUser; code?: string; appCode?: string } | null

/** Sign-up, sign-in and sign-out at /auth, with the session in a cookie that no script can read. */
export function connectSession(): SessionApi {
  return {
    async current() {
      const { answer } = await ask('get-session')
      return answer?.user === undefined ? null : toUser(answer.user)
    },
    signIn: (account) => open('sign-in/email', account),
    signUp: (account) => open('sign-up/email', account),
    async signOut() {
      await ask('sign-out', {})
    },
  }
}

async function open(path: string, account: Record<string, string>): Promise<AccountOutcome> {
  try {
    const { status, answer } = await ask(path, account)
    if (answer?.user !== undefined) return { ok: true, user: await readUser(answer.user) }
    return { ok: false, refusal: refusalOf(status, answer?.appCode ?? answer?.code ?? '') }
  } catch {
    return { ok: false, refusal: 'unreachable' }
  }
}

/** The session knows the role as it is now; the answer to a sign-up still has the one it began with. */
async function readUser(user: AuthUser): Promise<SessionUser> {
  const { answer } = await ask('get-session')
  return toUser(answer?.user ?? user)
}

function refusalOf(status: number, code: string): AccountRefusal {
  if (status === 429) return 'tooManyTries'
  if (code.startsWith('USER_ALREADY_EXISTS')) return 'emailTaken'
  if (code === 'INVALID_EMAIL') return 'emailInvalid'
  if (code === 'PASSWORD_TOO_SHORT') return 'passwordTooShort'
  if (status === 401) return 'wrongCredentials'
  if (code === 'auth.foreignAddress' || code === 'INVALID_ORIGIN') return 'foreignAddress'
  return 'unknown'
}

async function ask(path: string, body?: unknown): Promise<{ status: number; answer: AuthAnswer }> {
  const answer = await fetch(`/auth/${path}`, {
    credentials: 'same-origin',
    ...(body === undefined
      ? {}
      : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  return { status: answer.status, answer: (await answer.json().catch(() => null)) as AuthAnswer }
}

function toUser({ id, name, email, role }: AuthUser): SessionUser {
  return { id, name, email, isAdministrator: role === 'admin' }
}
