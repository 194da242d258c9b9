import { onScopeDispose, ref, watch, type Ref } from 'vue'
import { useWords } from '../i18n.ts'
import { describeFailure } from './errorWords.ts'
import { isBusy, type PanelState } from './derivePanelState.ts'

/** What a screen reader is told; two regions in the page show the two. */
const polite = ref('')
const assertive = ref('')

export function useAnnouncements() {
  return { polite, assertive }
}

/** A listener hears that it goes on, but not all the time. */
const stillWritingMs = 30_000

/** Tells started, still writing (every 30 s at most), finished, stopped and failed of one panel, and nothing else. */
export function useAnnouncer(state: Ref<PanelState | null>, stageName: () => string): void {
  const { t } = useWords()
  let timer: ReturnType<typeof setInterval> | undefined

  watch(
    () => [state.value, stageName()] as const,
    ([now, name], [before, nameBefore]) => {
      if (now === null || before === null || before === undefined || name !== nameBefore) return
      if (isBusy(now) === isBusy(before)) return
      clearInterval(timer)
      if (isBusy(now)) {
        polite.value = t('announce.started', { stage: name })
        timer = setInterval(() => (polite.value = t('announce.writing', { stage: name })), stillWritingMs)
      } else announceEnd(now, name)
    },
  )
  onScopeDispose(() => clearInterval(timer))

  function announceEnd(end: PanelState, stage: string): void {
    if (end.kind === 'failed') {
      assertive.value = t('announce.failed', {
        stage,
        reason: end.failure === null ? '' : describeFailure(end.failure, t).title,
      })
    } else
      polite.value = t(end.kind === 'stopped' || end.kind === 'idle' ? 'announce.stopped' : 'announce.done', { stage })
  }
}
