/**
 * Decides whether the page follows text that grows at its end. Only the user stops it, by going up; only the user
 * starts it again, by coming back down or by asking. Growth alone changes nothing, however fast it is.
 */
export type FollowState = { isFollowing: boolean; top: number }

export type FollowEvent =
  /** `distance` is what is left below the visible part, in pixels. */
  | { type: 'scrolled'; top: number; distance: number }
  /** Wheel, key or touch upward: it counts at once, even while still near the end. */
  | { type: 'wentUp' }
  | { type: 'jumped' }
  | { type: 'began'; top: number; distance: number }

/** Nearer to the end than this counts as being there. */
export const nearEndPx = 100

export function decideFollow(state: FollowState, event: FollowEvent): FollowState {
  switch (event.type) {
    case 'jumped':
      return { ...state, isFollowing: true }
    case 'wentUp':
      return { ...state, isFollowing: false }
    case 'began':
      return { top: event.top, isFollowing: event.distance <= nearEndPx }
    case 'scrolled': {
      const movedUp = event.top < state.top
      const isNear = event.distance <= nearEndPx
      if (movedUp) return { top: event.top, isFollowing: state.isFollowing && isNear }
      return { top: event.top, isFollowing: state.isFollowing || (isNear && event.top > state.top) }
    }
  }
}

const keysUp: ReadonlySet<string> = new Set(['ArrowUp', 'PageUp', 'Home'])

/** Whether a key scrolls the page upward; keys typed into a field do not. */
export function isKeyUp(event: { key: string; target: EventTarget | null }): boolean {
  const isField =
    event.target instanceof HTMLElement &&
    event.target.closest('input, textarea, select, [contenteditable], [role=menu]') !== null
  return keysUp.has(event.key) && !isField
}
