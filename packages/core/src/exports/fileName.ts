/** In characters; most file systems take 255 bytes, and a Chinese character has three. */
const longestName = 80
const reservedOnWindows = /^(con|prn|aux|nul|com\d|lpt\d)$/i

/** A file's name from what people called the thing. */
export function nameFile(title: string, extension: string): string {
  return `${cleanName(title)}.${extension}`
}

/** A name without its extension: what no system takes is left out, everything else stays. */
export function cleanName(title: string): string {
  const plain = title
    .toWellFormed()
    .normalize('NFC')
    .replaceAll(/[\\/:*?"<>|]/g, ' ')
    // Control and format characters; the joiners inside emoji and Indic words stay.
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/^[. ]+|[. ]+$/g, '')
  const short = Array.from(plain).slice(0, longestName).join('').trimEnd()
  return short === '' || reservedOnWindows.test(short) ? `stagewright ${short}`.trim() : short
}
