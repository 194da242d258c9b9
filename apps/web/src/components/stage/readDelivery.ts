/** What a delivery says of its file. */
export type Delivery = {
  file: { id: string; name: string; bytes: number }
  segments: number
  untranslated: readonly number[]
  untranslatedCount: number
}

/** Null while the text is not whole. */
export function readDelivery(text: string): Delivery | null {
  try {
    const note = JSON.parse(text) as Partial<Delivery>
    if (typeof note.file?.id !== 'string' || typeof note.file.name !== 'string') return null
    const { file, segments = 0, untranslated = [], untranslatedCount = 0 } = note
    return { file, segments, untranslated, untranslatedCount }
  } catch {
    return null
  }
}
