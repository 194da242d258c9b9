import type { TabVisibility } from '../tabVisibility.ts'

/** A tab that is shown and hidden by hand. */
export function createTab(isShownAtFirst: boolean): TabVisibility & { show(): void; hide(): void } {
  const changes = new EventTarget()
  let isShown = isShownAtFirst
  const turn = (shown: boolean): void => {
    isShown = shown
    changes.dispatchEvent(new Event('change'))
  }
  return {
    isShown: () => isShown,
    onChange: (changed, signal) => changes.addEventListener('change', () => changed(isShown), { signal }),
    show: () => turn(true),
    hide: () => turn(false),
  }
}
