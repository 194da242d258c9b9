import { useQuery } from '@tanstack/vue-query'
import { computed } from 'vue'
import { useStudio, type DocumentInput, type ProjectHead } from '../api/studio.ts'
import { usePipelines } from '../projects/pipelines.ts'
import type { ProjectFollowing } from './useProject.ts'

/** A text of another stage may be long: it is fetched when it is to be shown. */
type Place = { stageKey(): string; isShown(): boolean }

/**
 * What a stage works on: the project's own text for the first one, else the current text of the stage before it.
 * `text` is undefined while it is loading, null when there is none yet.
 */
export function useStageInput(project: ProjectFollowing, { stageKey, isShown }: Place) {
  const studio = useStudio()
  const pipelines = usePipelines()
  const ownText = (head: ProjectHead | null | undefined): string | undefined => {
    const text = head?.input[pipelines.find(head.pipeline)?.text?.field ?? 'text']
    return head == null ? undefined : typeof text === 'string' ? text : ''
  }
  const previous = computed(() => {
    const stages = project.live.value?.state?.stages ?? []
    return stages[stages.findIndex(({ key }) => key === stageKey()) - 1] ?? null
  })
  const rewriteId = computed(() => {
    const current = previous.value?.current ?? null
    return current !== null && current.ending !== null ? current.id : null
  })
  const stored = useQuery({
    queryKey: computed(() => ['text', rewriteId.value]),
    queryFn: () => studio.stages.text(rewriteId.value!),
    enabled: computed(() => rewriteId.value !== null && isShown()),
    staleTime: Number.POSITIVE_INFINITY,
  })
  return {
    fromKey: computed(() => previous.value?.key ?? null),
    /** What the first stage of a translation works on. */
    document: computed(() => {
      const input = project.head.value?.input
      return previous.value === null && typeof input?.['fileId'] === 'string' ? (input as DocumentInput) : null
    }),
    text: computed<string | null | undefined>(() => {
      if (previous.value === null) return ownText(project.head.value)
      return rewriteId.value === null ? null : stored.data.value
    }),
  }
}
