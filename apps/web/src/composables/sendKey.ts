type KeyPress = Pick<KeyboardEvent, 'key' | 'shiftKey' | 'isComposing' | 'keyCode'>

/**
 * Whether a key press sends. Enter that ends a Chinese composition does not: most browsers say `isComposing`, Safari
 * ends the composition first and is told by the key code 229 alone.
 */
export function isSendKey(event: KeyPress): boolean {
  return event.key === 'Enter' && !event.shiftKey && !isComposing(event)
}

/** Keys pressed while a composition is open belong to the input method. */
export function isComposing(event: Pick<KeyboardEvent, 'isComposing' | 'keyCode'>): boolean {
  return event.isComposing || event.keyCode === 229
}
