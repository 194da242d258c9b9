import { useQuery } from '@tanstack/vue-query'
import { computed } from 'vue'
import { useStudio } from '../api/studio.ts'

/** Whether what is written is only a demonstration. Unknown counts as no: the chip must not flash on every page. */
export function useDemoNotice() {
  const studio = useStudio()
  const query = useQuery({ queryKey: ['server'], queryFn: () => studio.server.about(), staleTime: 60_000 })
  return computed(() => query.data.value?.usesDemoWriter ?? false)
}
