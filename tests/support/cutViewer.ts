import { setTimeout as pause } from 'node:timers/promises'
import { isDelta, type FollowedEvent } from '@stagewright/core'
import type { Random } from './random.ts'
import { rawTransports, readRaw, type RawTransport } from './rawConnection.ts'
import type { ShownText, ViewerRecord } from './viewerRecord.ts'

/** A place in the texts of a project. */
export type TextPlace = { rewriteNo: number; length: number }

/** What a resumed connection cost until the viewer had what was there when it came back. */
export type Resume = {
  transport: RawTransport
  /** All that came, but for a state newer than the first: what changed after the viewer was back is news. */
  bytes: number
  /** Of them, the missing text as it stands in JSON, in UTF-8. */
  textBytes: number
  /** How many texts came to their end meanwhile: their closes, and what follows them, were missing too. */
  closed: number
}

export type CutViewerOptions = {
  name: string
  url: string
  apiKey: string
  taskId: string
  random: Random
  /** How far somebody else has come, who was never cut. */
  present(): TextPlace
  resumes: Resume[]
}

export type CutViewer = {
  record: ViewerRecord
  hasEnded(): boolean
  /** One connection from where the viewer stands; says whether it was cut after so many bytes, or ended before. */
  connect(transport: RawTransport, cutAfterBytes: number): Promise<'cut' | 'ended'>
}

/** A viewer that folds by the plainest rules there are, and writes down what came on each connection. */
export function createCutViewer(options: CutViewerOptions): CutViewer {
  const { name, url, apiKey, taskId, present, resumes } = options
  const record: ViewerRecord = { name, taskId, connections: [], texts: [] }
  const texts = new Map<number, ShownText>()
  const place: TextPlace = { rewriteNo: 0, length: 0 }
  let cursor: string | null = null
  let hasEnded = false

  const take = ({ cursor: at, event }: FollowedEvent): number => {
    cursor = at
    if (isDelta(event)) return write(event[0], event[1], event[2])
    if (event.type === 'end') hasEnded = true
    if (event.type === 'closed') texts.get(event.rewriteNo)!.sha256 = event.sha256
    if (event.type === 'reset') return write(event.rewriteNo, event.keepUpTo, '')
    if (event.type !== 'open') return 0
    if (!texts.has(event.rewriteNo)) record.texts.push(insert(event.rewriteNo, event.rewriteId))
    if (event.closed !== null) texts.get(event.rewriteNo)!.sha256 = event.closed.sha256
    return write(event.rewriteNo, event.from, event.text)
  }
  const insert = (rewriteNo: number, rewriteId: string): ShownText => {
    const shown: ShownText = { rewriteId, text: '', sha256: null }
    texts.set(rewriteNo, shown)
    return shown
  }
  const write = (rewriteNo: number, offset: number, text: string): number => {
    const shown = texts.get(rewriteNo)!
    shown.text = shown.text.slice(0, offset) + text
    Object.assign(place, { rewriteNo, length: shown.text.length })
    return Buffer.byteLength(JSON.stringify(text)) - 2
  }
  return {
    record,
    hasEnded: () => hasEnded,
    async connect(transport, cutAfterBytes) {
      const target = { ...present() }
      const isResume = cursor !== null
      const events: FollowedEvent[] = []
      record.connections.push(events)
      let textBytes = 0
      let newsBytes = 0
      let bytesBefore = 0
      let hasState = false
      let closed = 0
      let isCaughtUp = false
      let how: 'cut' | 'ended' = 'ended'
      const asked = { url, apiKey, taskId, cursor, cutAfterBytes, onCut: () => void (how = 'cut') }
      for await (const { followed, bytes } of readRaw(transport, asked)) {
        events.push(followed)
        textBytes += take(followed)
        if (isState(followed)) {
          if (hasState) newsBytes += bytes - bytesBefore
          hasState = true
        }
        bytesBefore = bytes
        if (isClose(followed)) closed += 1
        if (isCaughtUp || !(hasEnded || isAtLeast(place, target))) continue
        isCaughtUp = true
        if (isResume) resumes.push({ transport, bytes: bytes - newsBytes, textBytes, closed })
      }
      return how
    },
  }
}

/** Follows through so many cuts on random transports and then to the end; what has ended is followed anew. */
export async function viewThroughCuts(options: CutViewerOptions, cuts: number): Promise<ViewerRecord[]> {
  const { random, name } = options
  const records: ViewerRecord[] = []
  let cutsLeft = cuts
  do {
    const viewer = createCutViewer({ ...options, name: `${name}.${records.length + 1}` })
    records.push(viewer.record)
    while (!viewer.hasEnded()) {
      // Short ones are cut in the head or the state, long ones in the text.
      const cutAfterBytes = random.next() < 0.5 ? random.between(100, 2_000) : random.between(2_000, 8_000)
      const how = await viewer.connect(
        random.pick(rawTransports),
        cutsLeft > 0 ? cutAfterBytes : Number.POSITIVE_INFINITY,
      )
      if (how === 'cut') cutsLeft -= 1
      if (!viewer.hasEnded()) await pause(random.between(0, 100))
    }
  } while (cutsLeft > 0)
  return records
}

function isAtLeast(place: TextPlace, target: TextPlace): boolean {
  return place.rewriteNo > target.rewriteNo || (place.rewriteNo === target.rewriteNo && place.length >= target.length)
}

function isClose({ event }: FollowedEvent): boolean {
  if (isDelta(event)) return false
  return event.type === 'closed' || (event.type === 'open' && event.closed !== null)
}

function isState({ event }: FollowedEvent): boolean {
  return !isDelta(event) && event.type === 'state'
}
