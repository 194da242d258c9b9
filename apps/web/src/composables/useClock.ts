import { useIntervalFn } from '@vueuse/core'
import { ref, type Ref } from 'vue'

/** The wall clock in milliseconds, for words like "5 minutes ago"; it moves every `intervalMs`. */
export function useClock(intervalMs: number): Ref<number> {
  const nowMs = ref(Date.now())
  useIntervalFn(() => (nowMs.value = Date.now()), intervalMs)
  return nowMs
}
