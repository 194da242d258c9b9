import { useEventListener } from '@vueuse/core'
import { nextTick, ref, watch, type Ref, type WatchSource } from 'vue'
import { decideFollow, isKeyUp, type FollowEvent, type FollowState } from './scrollFollow.ts'

/**
 * Keeps the page at its end while text grows there. `grown` changes when text came; `isActive` is true during a run.
 * Never animates: smooth scrolling falls behind a stream and then fights the user.
 */
export function useScrollFollow(options: { grown: WatchSource<unknown>; isActive: Ref<boolean> }) {
  let state: FollowState = { isFollowing: true, top: 0 }
  const isFollowing = ref(true)

  function take(event: FollowEvent): void {
    state = decideFollow(state, event)
    isFollowing.value = state.isFollowing
  }

  watch(
    options.isActive,
    async (active) => {
      if (!active) return
      await nextTick()
      take({ type: 'began', ...measure() })
    },
    { immediate: true },
  )
  watch(options.grown, async () => {
    if (!options.isActive.value) return
    await nextTick()
    if (state.isFollowing) scrollToEnd()
  })

  const passive = { passive: true }
  useEventListener(window, 'scroll', () => take({ type: 'scrolled', ...measure() }), passive)
  useEventListener(window, 'wheel', (event) => event.deltaY < 0 && take({ type: 'wentUp' }), passive)
  useEventListener(window, 'keydown', (event) => isKeyUp(event) && take({ type: 'wentUp' }))
  let touchY = 0
  useEventListener(window, 'touchstart', (event) => (touchY = event.touches[0]?.clientY ?? 0), passive)
  useEventListener(
    window,
    'touchmove',
    (event) => (event.touches[0]?.clientY ?? 0) > touchY && take({ type: 'wentUp' }),
    passive,
  )

  return {
    isFollowing,
    jump(): void {
      take({ type: 'jumped' })
      scrollToEnd()
    },
  }
}

function measure(): { top: number; distance: number } {
  const page = document.documentElement
  return { top: page.scrollTop, distance: page.scrollHeight - page.clientHeight - page.scrollTop }
}

function scrollToEnd(): void {
  window.scrollTo({ top: document.documentElement.scrollHeight, behavior: 'instant' })
}
