import type { Cue } from './exportFormats.ts'

/** SubRip subtitles: each cue begins where the one before it ends; silent ones only take their time. */
export function toSrt(cues: readonly Cue[]): string {
  const blocks: string[] = []
  let atMs = 0
  for (const { seconds, text } of cues) {
    const endMs = atMs + Math.round(seconds * 1_000)
    // An empty line would end the block.
    const words = text.replaceAll(/\s*\n\s*/g, '\n').trim()
    if (words !== '') blocks.push(`${blocks.length + 1}\n${writeTime(atMs)} --> ${writeTime(endMs)}\n${words}\n`)
    atMs = endMs
  }
  return blocks.join('\n')
}

function writeTime(ms: number): string {
  const part = (value: number, digits = 2): string => String(Math.floor(value)).padStart(digits, '0')
  return `${part(ms / 3_600_000)}:${part((ms / 60_000) % 60)}:${part((ms / 1_000) % 60)},${part(ms % 1_000, 3)}`
}
