import { useEventListener } from '@vueuse/core'
import { computed, shallowRef, watch, type ComputedRef } from 'vue'
import { useStudio } from '../api/studio.ts'
import { useSession } from './useSession.ts'

/** How many tasks have ended while the tab is hidden; 0 once it is shown. */
export function useTitleBadge(): ComputedRef<number> {
  const studio = useStudio()
  const { user } = useSession()
  const ended = shallowRef<ReadonlySet<string>>(new Set())
  const forget = (): void => void (ended.value = new Set())

  watch(
    () => user.value?.id,
    (userId, _before, onCleanup) => {
      forget()
      if (userId === undefined) return
      const watching = new AbortController()
      onCleanup(() => watching.abort())
      studio.live.watchEnded({
        userId,
        signal: watching.signal,
        onEnded(taskIds) {
          // The last word may come when the tab has just been shown.
          if (document.hidden && taskIds.length > 0) ended.value = new Set([...ended.value, ...taskIds])
        },
      })
    },
    { immediate: true },
  )
  useEventListener(document, 'visibilitychange', () => document.hidden || forget())
  return computed(() => ended.value.size)
}
