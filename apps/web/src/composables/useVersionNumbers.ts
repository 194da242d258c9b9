import { useQueries, useQueryClient } from '@tanstack/vue-query'
import { computed, watch } from 'vue'
import { useStudio } from '../api/studio.ts'
import type { ProjectFollowing } from './useProject.ts'

/** The number of each stage's current version, by stage key; a stage without one is left out. */
export function useVersionNumbers(project: ProjectFollowing) {
  const studio = useStudio()
  const queries = useQueryClient()
  const stages = computed(() => project.live.value?.state?.stages ?? [])
  const addresses = computed(() => stages.value.map(({ key }) => ({ projectId: project.projectId, stage: key })))
  const lists = useQueries({
    queries: computed(() =>
      addresses.value.map((address) => ({
        queryKey: ['versions', address],
        queryFn: () => studio.stages.versions(address),
      })),
    ),
  })

  watch(
    () => stages.value.map(({ current }) => current?.id),
    (now, before) => {
      now.forEach((id, index) => {
        if (before.length === now.length && id !== before[index])
          void queries.invalidateQueries({ queryKey: ['versions', addresses.value[index]] })
      })
    },
  )

  return computed<Record<string, number>>(() => {
    const numbers: Record<string, number> = {}
    stages.value.forEach(({ key, current }, index) => {
      const versions = lists.value[index]?.data
      const version = versions?.find(({ rewriteId }) => rewriteId === current?.id)
      if (version !== undefined) numbers[key] = version.version
    })
    return numbers
  })
}
