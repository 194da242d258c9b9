/** Reads a PDF in a thread of its own, which may be ended at any time: no limit on such a file holds from inside. */
import { parentPort, workerData } from 'node:worker_threads'
import { getDocumentProxy } from 'unpdf'
import type { FromPdfWorker } from './messages.ts'
import { toParagraphs } from './toParagraphs.ts'

const port = parentPort!
const post = (message: FromPdfWorker): void => port.postMessage(message)
const textPerPage = 1_000_000
const mostPages = 5_000
const silent = 0

port.on('message', () => asked())
let asked = (): void => undefined
const whenAsked = (): Promise<void> =>
  new Promise((resolve) => {
    asked = resolve
  })

try {
  // No code of the file, no fonts of the system, and nothing is fetched.
  const open = { isEvalSupported: false, useSystemFonts: false, disableFontFace: true, verbosity: silent }
  let wait = whenAsked()
  const document = await getDocumentProxy(workerData as Uint8Array, open)
  if (document.numPages > mostPages) post({ kind: 'failed', problem: `it has more than ${mostPages} pages` })
  for (let number = 1; number <= document.numPages; number += 1) {
    await wait
    const page = await document.getPage(number)
    const { items } = await page.getTextContent()
    page.cleanup()
    wait = whenAsked()
    post({
      kind: 'page',
      text: toParagraphs(items.flatMap((item) => ('str' in item ? [item] : [])))
        .join('\n')
        .slice(0, textPerPage),
    })
  }
  // Said between two questions, it would be heard by nobody.
  await wait
  post({ kind: 'end' })
} catch (error) {
  const isEncrypted = error instanceof Error && error.name === 'PasswordException'
  post({ kind: 'failed', problem: isEncrypted ? 'it is encrypted. Save it without a password' : 'it is damaged' })
} finally {
  port.close()
}
