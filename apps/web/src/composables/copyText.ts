/**
 * Puts the exact text and its HTML on the clipboard. The copy event works without a secure context, where
 * `navigator.clipboard` does not exist. False when the browser refuses.
 */
export function copyText(text: string, html: string | null): boolean {
  const fill = (event: ClipboardEvent): void => {
    event.preventDefault()
    event.clipboardData?.setData('text/plain', text)
    if (html !== null) event.clipboardData?.setData('text/html', html)
  }
  document.addEventListener('copy', fill, { once: true })
  try {
    return document.execCommand('copy')
  } finally {
    document.removeEventListener('copy', fill)
  }
}
