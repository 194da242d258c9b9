/** Makes a provider's text storable: PostgreSQL takes no NUL, and half a character has no UTF-8. */
export interface Normaliser {
  /** The text as it may be stored and shown. A high surrogate at the end is held back until its other half comes. */
  push(text: string): string
  /** What was held back, once no more text comes. Calling it again gives nothing. */
  end(): string
}

/** The one normalisation: NUL and lone surrogates become U+FFFD, also where a pair is cut by the chunks' borders. */
export function createNormaliser(): Normaliser {
  let held = ''
  return {
    push(text) {
      const whole = held + text
      const cut = endsInHighSurrogate(whole) ? whole.length - 1 : whole.length
      held = whole.slice(cut)
      return cleanText(whole.slice(0, cut))
    },
    end() {
      const rest = cleanText(held)
      held = ''
      return rest
    },
  }
}

/** True when the last code unit is the first half of a character. */
export function endsInHighSurrogate(text: string): boolean {
  const last = text.charCodeAt(text.length - 1)
  return last >= 0xd800 && last <= 0xdbff
}

/** A whole text, as it may be stored. */
export function cleanText(text: string): string {
  return text.replaceAll('\0', '\uFFFD').toWellFormed()
}
