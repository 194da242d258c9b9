import type { DownloadFile } from '../api/studio.ts'

/** Long enough for every browser to have begun. */
const keptForMs = 60_000

/** Hands a file to the browser, which puts it where its downloads go. */
export function saveFile({ name, mediaType, content }: DownloadFile): void {
  const bytes = Uint8Array.from(atob(content), (character) => character.charCodeAt(0))
  const address = URL.createObjectURL(new Blob([bytes], { type: mediaType }))
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), keptForMs)
}
