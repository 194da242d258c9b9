/** In characters; most file systems take 255 bytes, and a Chinese character has three. */
const longestName = 80
const reservedOnWindows = /^(con|prn|aux|nul|com\d|lpt\d)$/i

/** A file's name from what people called the thing: what no system takes is left out, everything else stays. */
export function nameFile(title: string, extension: string): string {
  const plain = title
    .normalize('NFC')
    .replaceAll(/[\\/:*?"<>|]/g, ' ')
    // Control and format characters; the joiners inside emoji and Indic words stay.
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/^[. ]+|[. ]+$/g, '')
  const short = Array.from(plain).slice(0, longestName).join('').trimEnd()
  const name = short === '' || reservedOnWindows.test(short) ? `stagewright ${short}`.trim() : short
  return `${name}.${extension}`
}
