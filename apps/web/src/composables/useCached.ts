import { useQuery } from '@tanstack/vue-query'
import { computed, type ComputedRef } from 'vue'
import { useStudio, type CachedText } from '../api/studio.ts'
import type { StageFollowing } from './useStage.ts'
import type { StagePanelState } from './useStagePanel.ts'

/** A stored text that a run would only make again, asked for where a run would be the next thing to do. */
export function useCached(stage: StageFollowing, panel: StagePanelState): ComputedRef<CachedText | null> {
  const studio = useStudio()
  const isWanted = computed(() => {
    const kind = panel.state.value?.kind
    return kind === 'idle' || (kind === 'done' && stage.view.value?.outOfDate === true)
  })
  const query = useQuery({
    // What it would be made from, and what is there, change the answer.
    queryKey: computed(() => [
      'cached',
      stage.address.value,
      panel.previous.value?.current?.id,
      stage.view.value?.current?.id,
    ]),
    queryFn: () => studio.stages.cached(stage.address.value),
    enabled: isWanted,
  })
  return computed(() => (isWanted.value ? (query.data.value ?? null) : null))
}
