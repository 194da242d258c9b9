import { useQuery } from '@tanstack/vue-query'
import { computed, onScopeDispose, ref, shallowRef } from 'vue'
import { failureOf, useStudio, type Connection, type LiveProject, type Studio } from '../api/studio.ts'
import type { Failure } from '../types.ts'
import { createFramePublisher } from './framePublisher.ts'

/** When each text last grew, by the page's monotonic clock. */
type Growth = Map<number, { length: number; grownMs: number }>

/**
 * One project, live. Deltas are folded outside Vue's reactivity; what is here changes once a frame at most.
 * Following ends with the scope.
 */
export function useProject(projectId: string) {
  const studio = useStudio()
  const live = shallowRef<LiveProject | null>(null)
  const connection = ref<Connection>('connecting')
  const liveFailure = shallowRef<Failure | null>(null)
  const growth: Growth = new Map()

  const publisher = createFramePublisher<LiveProject>((view) => {
    noteGrowth(growth, view)
    live.value = view
  }, longestOpenText)

  let following = new AbortController()
  async function follow(): Promise<void> {
    following.abort()
    following = new AbortController()
    liveFailure.value = null
    try {
      await offerViews(studio, projectId, { signal: following.signal, connection, offer: publisher.offer })
    } catch (error) {
      if (following.signal.aborted) return
      liveFailure.value = failureOf(error)
    }
  }
  void follow()
  onScopeDispose(() => {
    following.abort()
    publisher.stop()
  })

  const head = useQuery({
    queryKey: ['project', projectId],
    queryFn: () => studio.projects.get(projectId),
    staleTime: 60_000,
  })
  const headFailure = computed(() => (head.error.value === null ? null : failureOf(head.error.value)))

  return {
    projectId,
    live,
    connection,
    head: computed(() => head.data.value ?? null),
    failure: computed(() => liveFailure.value ?? headFailure.value),
    grownMsOf: (rewriteNo: number) => growth.get(rewriteNo)?.grownMs ?? performance.now(),
    retry() {
      void head.refetch()
      void follow()
    },
  }
}

export type ProjectFollowing = ReturnType<typeof useProject>

type Watching = { signal: AbortSignal; connection: { value: Connection }; offer(view: LiveProject): void }

async function offerViews(studio: Studio, projectId: string, { signal, connection, offer }: Watching): Promise<void> {
  const views = studio.live.followProject(projectId, { signal, onConnection: (now) => (connection.value = now) })
  for await (const view of views) offer(view)
}

function noteGrowth(growth: Growth, view: LiveProject): void {
  for (const { rewriteNo, text } of view.texts.values()) {
    const before = growth.get(rewriteNo)
    if (before === undefined || before.length !== text.length)
      growth.set(rewriteNo, { length: text.length, grownMs: performance.now() })
  }
}

function longestOpenText(view: LiveProject): number {
  let longest = 0
  for (const { closed, text } of view.texts.values()) if (closed === null) longest = Math.max(longest, text.length)
  return longest
}
