import { useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, ref, watch, type Ref } from 'vue'
import { failureOf, useStudio, type VersionView } from '../api/studio.ts'
import type { StageView } from '../types.ts'
import type { ProjectFollowing } from './useProject.ts'

/** The text a panel shows and which version it is. */
export type ShownText = {
  rewriteId: string | null
  version: VersionView | null
  /** Null while it is being loaded. */
  text: string | null
  isOpen: boolean
  isCurrent: boolean
}

/** One stage of a followed project: its versions, and the text to show. */
export function useStage(project: ProjectFollowing, stageKey: Ref<string>) {
  const studio = useStudio()
  const queries = useQueryClient()
  const address = computed(() => ({ projectId: project.projectId, stage: stageKey.value }))
  const view = computed<StageView | null>(
    () => project.live.value?.state?.stages.find(({ key }) => key === stageKey.value) ?? null,
  )
  const liveText = computed(() => newestOfStage(project, stageKey.value))

  const draft = useQuery({
    queryKey: computed(() => ['draft', address.value]),
    queryFn: () => studio.stages.draft(address.value),
  })
  const versions = useQuery({
    queryKey: computed(() => ['versions', address.value]),
    queryFn: () => studio.stages.versions(address.value),
  })
  const estimate = useQuery({
    queryKey: computed(() => ['estimate', address.value]),
    queryFn: () => studio.tasks.estimate(address.value),
    enabled: computed(() => view.value !== null && view.value.current === null && view.value.status === 'ready'),
  })

  // The feed says that something changed; what it does not carry is asked for again.
  watch([() => view.value?.status, () => view.value?.current?.id, () => view.value?.last?.ending], () => {
    void queries.invalidateQueries({ queryKey: ['versions', address.value] })
  })

  const chosenId = ref<string | null>(null)
  const openText = computed(() => (liveText.value !== null && liveText.value.closed === null ? liveText.value : null))
  const shownId = computed(() => chosenId.value ?? openText.value?.rewriteId ?? chooseShown(view.value))
  const shownVersion = computed(() => versions.data.value?.find(({ rewriteId }) => rewriteId === shownId.value) ?? null)
  const liveShown = computed(() => findLive(project, shownId.value))
  const stored = useQuery({
    queryKey: computed(() => ['text', shownId.value]),
    queryFn: () => studio.stages.text(shownId.value!),
    enabled: computed(() => shownId.value !== null && liveShown.value === null && !isOpen(view.value, shownId.value)),
    staleTime: Number.POSITIVE_INFINITY,
  })

  const shown = computed<ShownText>(() => ({
    rewriteId: shownId.value,
    version: shownVersion.value,
    text: liveShown.value?.text ?? stored.data.value ?? null,
    isOpen: openText.value !== null && openText.value.rewriteId === shownId.value,
    isCurrent: openText.value?.rewriteId === shownId.value || shownId.value === (view.value?.current?.id ?? null),
  }))

  return {
    address,
    view,
    liveText,
    shown,
    draft: computed(() => draft.data.value ?? null),
    versions: computed(() => versions.data.value ?? []),
    versionsState: computed(() => ({ isLoading: versions.isPending.value, isFailed: versions.isError.value })),
    estimate: computed(() => estimate.data.value ?? null),
    textFailure: computed(() => (stored.error.value === null ? null : failureOf(stored.error.value))),
    reloadText: () => void stored.refetch(),
    showVersion: (rewriteId: string | null) => (chosenId.value = rewriteId),
  }
}

export type StageFollowing = ReturnType<typeof useStage>

function newestOfStage(project: ProjectFollowing, stageKey: string) {
  const texts = [...(project.live.value?.texts.values() ?? [])].filter(({ stage }) => stage === stageKey)
  return texts.reduce<(typeof texts)[number] | null>(
    (newest, text) => (newest === null || text.rewriteNo > newest.rewriteNo ? text : newest),
    null,
  )
}

function findLive(project: ProjectFollowing, rewriteId: string | null) {
  for (const text of project.live.value?.texts.values() ?? []) if (text.rewriteId === rewriteId) return text
  return null
}

/**
 * The version to show when the user chose none: after a run that broke off what it left behind (it must not vanish
 * from the screen because an older complete version stays current), else the current one.
 */
export function chooseShown(view: Pick<StageView, 'status' | 'current' | 'last'> | null): string | null {
  if (view === null) return null
  const brokeOff = view.status === 'stopped' || view.status === 'failed'
  if (brokeOff && view.last !== null && view.last.length > 0) return view.last.id
  return view.current?.id ?? null
}

function isOpen(view: StageView | null, rewriteId: string | null): boolean {
  return [view?.current, view?.last].some((rewrite) => rewrite?.id === rewriteId && rewrite?.ending === null)
}
