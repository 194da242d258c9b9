import { useQuery, useQueryClient, type QueryClient } from '@tanstack/vue-query'
import { computed } from 'vue'
import { useStudio, type AccountOutcome, type SessionUser, type Studio } from '../api/studio.ts'

const sessionKey = ['session'] as const

/** Who is signed in, asked once and then remembered; the router's guard uses the same answer. */
export function readSession(studio: Studio, queries: QueryClient): Promise<SessionUser | null> {
  return queries.fetchQuery({ queryKey: sessionKey, queryFn: () => studio.session.current(), staleTime: 60_000 })
}

export function useSession() {
  const studio = useStudio()
  const queries = useQueryClient()
  const query = useQuery({ queryKey: sessionKey, queryFn: () => studio.session.current(), staleTime: 60_000 })

  /** Another user's pages must not show through: everything known is forgotten with the session, but who is here. */
  function become(user: SessionUser | null): void {
    queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionKey[0] })
    queries.setQueryData(sessionKey, user)
  }

  function begin(outcome: AccountOutcome): AccountOutcome {
    if (outcome.ok) become(outcome.user)
    return outcome
  }

  return {
    user: computed(() => query.data.value ?? null),
    async signIn(account: { email: string; password: string }) {
      return begin(await studio.session.signIn(account))
    },
    async signUp(account: { name: string; email: string; password: string }) {
      return begin(await studio.session.signUp(account))
    },
    async signOut() {
      await studio.session.signOut()
      become(null)
    },
  }
}
