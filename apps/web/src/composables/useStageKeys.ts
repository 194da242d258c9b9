import { useEventListener } from '@vueuse/core'
import type { MainAction } from './derivePanelState.ts'
import { isComposing } from './sendKey.ts'

type Keys = { action(): MainAction; act(action: MainAction): void }

/** ⌘ or Ctrl with Enter runs or saves, Esc stops; never while a menu or dialog is open, and never out of a composition. */
export function useStageKeys({ action, act }: Keys): void {
  useEventListener(window, 'keydown', (event) => {
    if (event.defaultPrevented || event.repeat || isComposing(event) || isOverlayOpen()) return
    const wanted = chooseByKey(event, action())
    if (wanted === null) return
    event.preventDefault()
    act(wanted)
  })
}

/** The action a key press asks for, if the main button offers it now. */
export function chooseByKey(
  event: Pick<KeyboardEvent, 'key' | 'metaKey' | 'ctrlKey'>,
  action: MainAction,
): MainAction | null {
  if (event.key === 'Escape') return action === 'stop' ? 'stop' : null
  const isSend = event.key === 'Enter' && (event.metaKey || event.ctrlKey)
  return isSend && (action === 'generate' || action === 'regenerate' || action === 'save') ? action : null
}

function isOverlayOpen(): boolean {
  return document.querySelector('[role=dialog], [role=menu]') !== null
}
