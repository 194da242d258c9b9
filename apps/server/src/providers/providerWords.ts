const longestWords = 300
const fragmentLength = 8

/**
 * The provider's own words from an error, fit to be shown: one line, at most 300 characters, or null when there are
 * none or when they hold the key or a part of it (some providers repeat the key they refuse).
 */
export function quoteProvider(words: string, apiKey: string | null): string | null {
  const line = words.replace(/[\s\p{Cc}]+/gu, ' ').trim()
  if (line === '' || /<html|<!doctype/i.test(line)) return null
  // Before it is cut: a key that straddles the cut would pass as its beginning.
  if (holdsSecret(line, apiKey)) return null
  return line.length > longestWords ? `${line.slice(0, longestWords)}…` : line
}

function holdsSecret(line: string, apiKey: string | null): boolean {
  if (/\bbearer\s+\S/i.test(line) || /\bsk-[\w*.-]{4}/i.test(line)) return true
  if (apiKey === null || apiKey === '') return false
  if (line.includes(apiKey)) return true
  for (let start = 0; start + fragmentLength <= apiKey.length; start++) {
    if (line.includes(apiKey.slice(start, start + fragmentLength))) return true
  }
  return false
}
