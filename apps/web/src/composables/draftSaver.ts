/**
 * Saves a draft while it is typed.
 * Guarantee: at most one save runs at a time, the last text wins, a failed save is tried again until it works.
 * States: clean → unsaved → saving → saved, or failed → saving again.
 */
export type DraftState =
  | { kind: 'clean' }
  | { kind: 'unsaved' }
  | { kind: 'saving' }
  | { kind: 'saved'; savedAt: string }
  | { kind: 'failed' }

export type DraftSaver = {
  change(text: string): void
  /** Saves at once what is not saved yet. */
  flush(): Promise<void>
  /** Forgets what is not saved, for instance because it has become a version. */
  forget(): void
  /** Flushes and takes no more changes. */
  close(): void
}

export type DraftSaverOptions = {
  save(text: string): Promise<{ savedAt: string }>
  onState(state: DraftState): void
  /** Quiet time after the last keystroke. */
  delayMs?: number
  retryMs?: number
}

export function createDraftSaver({ save, onState, delayMs = 800, retryMs = 3_000 }: DraftSaverOptions): DraftSaver {
  let waiting: string | null = null
  let running: Promise<void> | null = null
  let timer: ReturnType<typeof setTimeout> | undefined
  let closed = false

  function schedule(ms: number): void {
    clearTimeout(timer)
    timer = setTimeout(() => void run(), ms)
  }

  async function run(): Promise<void> {
    clearTimeout(timer)
    if (running !== null) return running
    if (waiting === null) return
    running = saveOnce(waiting).finally(() => (running = null))
    return running
  }

  async function saveOnce(text: string): Promise<void> {
    waiting = null
    onState({ kind: 'saving' })
    try {
      const { savedAt } = await save(text)
      if (waiting === null) return onState({ kind: 'saved', savedAt })
      onState({ kind: 'unsaved' })
      schedule(delayMs)
    } catch {
      // Whatever was typed meanwhile is newer than what failed.
      waiting ??= text
      onState({ kind: 'failed' })
      if (!closed) schedule(retryMs)
    }
  }

  return {
    change(text) {
      if (closed) return
      waiting = text
      if (running === null) onState({ kind: 'unsaved' })
      schedule(delayMs)
    },
    async flush() {
      await running
      await run()
    },
    forget() {
      clearTimeout(timer)
      waiting = null
      onState({ kind: 'clean' })
    },
    close() {
      if (closed) return
      closed = true
      void run()
    },
  }
}
