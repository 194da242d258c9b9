import { useQuery } from '@tanstack/vue-query'
import { useIntervalFn } from '@vueuse/core'
import { computed, ref, watch, type Ref } from 'vue'
import { useStudio } from '../api/studio.ts'
import type { LiveTaskView } from '../types.ts'
import { derivePanelState, type PanelState } from './derivePanelState.ts'
import type { ProjectFollowing } from './useProject.ts'
import type { StageFollowing } from './useStage.ts'

/** The live task that concerns a stage: the one that runs it, else the one that will, else the one waiting for its review. */
export function findTask(tasks: readonly LiveTaskView[], stageKey: string): LiveTaskView | null {
  const runOf = (task: LiveTaskView) => task.stages.find(({ key }) => key === stageKey)?.status
  return (
    tasks.find((task) => runOf(task) === 'running') ??
    tasks.find((task) => runOf(task) === 'queued') ??
    tasks.find((task) => task.status === 'waiting' && runOf(task) === 'done') ??
    null
  )
}

type PanelSources = {
  project: ProjectFollowing
  stage: StageFollowing
  asked: Ref<'start' | 'stop' | null>
  task: Ref<LiveTaskView | null>
  hasDraft: Ref<boolean>
}

/** The state a stage panel is in, with the figures of its run. */
export function useStagePanel({ project, stage, asked, task, hasDraft }: PanelSources) {
  const studio = useStudio()
  const nowMs = ref(performance.now())
  const runSeenMs = ref(performance.now())
  const openText = computed(() => (stage.liveText.value?.closed === null ? stage.liveText.value : null))
  const figures = computed(() => {
    const now = project.live.value?.figures ?? null
    const no = openText.value?.rewriteNo ?? stage.view.value?.last?.no
    return stage.view.value?.status === 'running' && now?.rewriteNo === no ? now : null
  })

  const isLive = computed(() => task.value !== null)
  const ticking = useIntervalFn(() => (nowMs.value = performance.now()), 500, { immediate: false })
  watch(isLive, (live) => (live ? ticking.resume() : ticking.pause()), { immediate: true })
  watch(
    () => task.value?.id,
    () => (runSeenMs.value = nowMs.value = performance.now()),
  )

  const outlook = useQuery({
    queryKey: computed(() => ['outlook', task.value?.id]),
    queryFn: () => studio.tasks.outlook(task.value!.id),
    enabled: computed(() => task.value?.status === 'queued' || task.value?.status === 'running'),
    refetchInterval: 3_000,
  })

  const previous = computed(() => {
    const stages = project.live.value?.state?.stages ?? []
    return stages[stages.findIndex(({ key }) => key === stage.view.value?.key) - 1] ?? null
  })

  const state = computed<PanelState | null>(() => {
    const view = stage.view.value
    if (view === null) return null
    return derivePanelState({
      stage: view,
      previous: previous.value,
      task: task.value,
      queueAhead: outlook.data.value?.ahead ?? null,
      figures: figures.value,
      text: openText.value,
      connection: project.connection.value,
      asked: asked.value,
      hasDraft: hasDraft.value,
      versions: stage.versions.value,
      clock: {
        nowMs: nowMs.value,
        runSeenMs: runSeenMs.value,
        lastTextMs: openText.value === null ? nowMs.value : project.grownMsOf(openText.value.rewriteNo),
      },
    })
  })

  const remainingSeconds = computed(() =>
    task.value?.status === 'running' ? (outlook.data.value?.remainingSeconds ?? null) : null,
  )
  return { state, figures, previous, remainingSeconds }
}

export type StagePanelState = ReturnType<typeof useStagePanel>
