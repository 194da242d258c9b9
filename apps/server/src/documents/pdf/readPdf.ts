/**
 * The text of a PDF, page after page. The thread that reads it has bounded memory and time; whatever happens to it is the
 * file's fault, and said so. States: asked for a page, waiting to be asked, ended.
 */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { hasWords, type Part } from '../parts.ts'
import { splitParagraph } from '../plainText.ts'
import { asUnreadable, unreadable } from '../refusal.ts'
import type { FromPdfWorker, ToPdfWorker } from './messages.ts'
import { createTurns } from './turns.ts'

export const pdfLimits = {
  /** Of objects, and of the streams that are unpacked beside them. */
  megabytes: 512,
  /** That the thread works; the time between the pages is not counted. */
  workMs: 60_000,
  /** In this process. */
  atOnce: 4,
}
const watchEveryMs = 50
const pictures =
  'it has no text, only pictures of it: recognise its text first (OCR), and save that as .docx or as a PDF with text'

/** Its paragraphs, each in a line and with an empty one after each page. Throws 'file.unreadable'. */
export async function* readPdf(content: Uint8Array, signal: AbortSignal): AsyncGenerator<Part> {
  let page = 0
  for await (const text of readPages(content, signal)) {
    page += 1
    for (const line of text === '' ? [] : text.split('\n')) {
      yield* splitParagraph(line, `page ${page}`)
      yield { kind: 'kept', source: '\n\n' }
    }
  }
}

/** Reads all of it: what is taken can be read to its end. */
export async function checkPdf(content: Uint8Array): Promise<'pdf'> {
  let isText = false
  for await (const page of readPages(content, new AbortController().signal)) isText ||= hasWords(page)
  if (!isText) throw unreadable(pictures)
  return 'pdf'
}

/** Each may take its half gigabyte. */
const turns = createTurns(pdfLimits.atOnce)

async function* readPages(content: Uint8Array, signal: AbortSignal): AsyncGenerator<string> {
  const giveBack = await turns.take(signal)
  try {
    yield* readInThread(content, signal)
  } finally {
    giveBack()
  }
}

async function* readInThread(content: Uint8Array, signal: AbortSignal): AsyncGenerator<string> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: content,
    env: {},
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: pdfLimits.megabytes },
  })
  // It may end at any time, also while nobody asks: heard by nobody, its error would end the process.
  const stop = new AbortController()
  worker.on('error', (error) => stop.abort(unreadable('it is damaged, or takes more memory than it may', error)))
  worker.on('exit', () => stop.abort(unreadable('reading it failed')))
  let workMs = 0
  try {
    for (;;) {
      const began = performance.now()
      const message = await ask(worker, { withinMs: pdfLimits.workMs - workMs, signal, stop })
      workMs += performance.now() - began
      if (message.kind === 'failed') throw unreadable(message.problem)
      if (message.kind === 'end') return
      yield message.text
    }
  } finally {
    await worker.terminate()
  }
}

/** The next page, unless the thread ends, takes too much, or is not wanted any more. */
async function ask(
  worker: Worker,
  { withinMs, signal, stop }: { withinMs: number; signal: AbortSignal; stop: AbortController },
): Promise<FromPdfWorker> {
  const within = AbortSignal.any([signal, stop.signal, AbortSignal.timeout(Math.max(1, Math.ceil(withinMs)))])
  const watch = setInterval(() => void watchMemory(worker, stop), watchEveryMs)
  try {
    worker.postMessage({ kind: 'next' } satisfies ToPdfWorker)
    const [message] = (await once(worker, 'message', { signal: within })) as [FromPdfWorker]
    return message
  } catch (error) {
    signal.throwIfAborted()
    if (within.aborted && !stop.signal.aborted) throw unreadable('reading it takes too long', error)
    throw asUnreadable(
      stop.signal.aborted ? stop.signal.reason : error,
      'it is damaged, or takes more memory than it may',
    )
  } finally {
    clearInterval(watch)
  }
}

/** The limits of a thread do not count what is unpacked into buffers. */
async function watchMemory(worker: Worker, stop: AbortController): Promise<void> {
  try {
    const { external_memory: external, used_heap_size: used } = await worker.getHeapStatistics()
    if (external + used > pdfLimits.megabytes * 1_024 * 1_024)
      stop.abort(unreadable('it takes more memory than it may'))
  } catch {
    // It has ended, which its exit tells.
  }
}
