import type { Component } from 'vue'
import { ArrowLeft, ArrowRight, Check, RotateCcw, Save, Sparkles, Square, StepForward, X } from '@lucide/vue'
import type { MainAction, PanelState } from '../../composables/derivePanelState.ts'
import type { Speaking } from '../../i18n.ts'
import type { ButtonLook } from '../ui/buttonLook.ts'

/** Icon and weight of each thing the main button can do. */
export const mainButtonLooks: Record<MainAction, { icon: Component; look: ButtonLook }> = {
  generate: { icon: Sparkles, look: 'primary' },
  stop: { icon: Square, look: 'danger' },
  cancel: { icon: X, look: 'danger' },
  regenerate: { icon: RotateCcw, look: 'primary' },
  accept: { icon: Check, look: 'secondary' },
  continue: { icon: StepForward, look: 'primary' },
  next: { icon: ArrowRight, look: 'primary' },
  resume: { icon: ArrowRight, look: 'primary' },
  save: { icon: Save, look: 'primary' },
  previous: { icon: ArrowLeft, look: 'secondary' },
  wait: { icon: Square, look: 'secondary' },
}

type Neighbours = { stageKey: string; previousKey: string | null; nextKey: string | null; state: PanelState }

/** What the main button says. */
export function nameMainAction(
  action: MainAction,
  { t, nameStage }: Pick<Speaking, 't' | 'nameStage'>,
  { stageKey, previousKey, nextKey, state }: Neighbours,
): string {
  switch (action) {
    case 'next':
      return t('action.next', { stage: nextKey === null ? '' : nameStage(nextKey) })
    case 'resume':
      return state.kind === 'review' && state.next !== stageKey
        ? t('action.resume', { stage: nameStage(state.next) })
        : t('action.resumePlain')
    case 'previous':
      return t('action.previous', { stage: previousKey === null ? '' : nameStage(previousKey) })
    case 'wait':
      return t(state.kind === 'stopping' ? 'action.stopping' : 'action.wait')
    default:
      return t(`action.${action}`)
  }
}
