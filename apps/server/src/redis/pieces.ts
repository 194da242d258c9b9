/** Pieces of live text as they go through Redis: JSON, text as `[offset, text]` because it is what is sent most. */
import type { Figures, RelayedPiece, TextSource } from '@stagewright/core'
import { z } from 'zod'

const figures: z.ZodType<Figures> = z.object({
  rewriteNo: z.number(),
  tokens: z.number(),
  tokensPerSecond: z.number().nullable(),
  firstTokenMs: z.number().nullable(),
  elapsedMs: z.number(),
  provider: z.string().nullable(),
  model: z.string().nullable(),
  reasoning: z.object({ characters: z.number(), tail: z.string() }).nullable(),
})
const piece = z.union([
  z.tuple([z.int().min(0), z.string()]).transform(([offset, text]): RelayedPiece => ({ type: 'text', offset, text })),
  z.object({ figures }).transform((sent): RelayedPiece => ({ type: 'figures', ...sent })),
])

export function channelOf({ rewriteId, attempt }: TextSource): string {
  return `stagewright:text:${rewriteId}:${attempt}`
}

export function writePiece(sent: RelayedPiece): string {
  return JSON.stringify(sent.type === 'text' ? [sent.offset, sent.text] : { figures: sent.figures })
}

/** Null for what is none: another version, or another program, may speak here too. */
export function readPiece(message: string): RelayedPiece | null {
  try {
    return piece.safeParse(JSON.parse(message)).data ?? null
  } catch {
    return null
  }
}
