/** What the first bytes of a file say. */

export type Known =
  | { kind: 'empty' | 'zip' | 'pdf' | 'encrypted' | 'unmarked' }
  /** What it is, in words that go after "It is". */
  | { kind: 'other'; what: string }

const oldOffice = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]
const others: readonly { bytes: readonly number[]; what: string }[] = [
  { bytes: [0x4d, 0x5a], what: 'a program for Windows' },
  { bytes: [0x7f, 0x45, 0x4c, 0x46], what: 'a program' },
  { bytes: [0x89, 0x50, 0x4e, 0x47], what: 'a picture' },
  { bytes: [0xff, 0xd8, 0xff], what: 'a picture' },
  { bytes: [0x47, 0x49, 0x46, 0x38], what: 'a picture' },
  { bytes: [0x1f, 0x8b], what: 'a gzip archive' },
  { bytes: [0x52, 0x61, 0x72, 0x21], what: 'a RAR archive' },
  { bytes: [0x37, 0x7a, 0xbc, 0xaf], what: 'a 7z archive' },
  { bytes: [0x7b, 0x5c, 0x72, 0x74, 0x66], what: 'an RTF document: save it as .docx' },
]
/** A PDF may begin with some bytes of something else. */
const pdfWithin = 1_024

export function recognise(content: Uint8Array): Known {
  if (content.length === 0) return { kind: 'empty' }
  if (startsWith(content, [0x50, 0x4b, 0x03, 0x04]) || startsWith(content, [0x50, 0x4b, 0x05, 0x06]))
    return { kind: 'zip' }
  if (startsWith(content, oldOffice)) return recogniseOffice(content)
  const other = others.find(({ bytes }) => startsWith(content, bytes))
  if (other !== undefined && !isTextFrom(content)) return { kind: 'other', what: other.what }
  const head = Buffer.from(content.subarray(0, pdfWithin)).toString('latin1')
  if (head.includes('%PDF-')) return { kind: 'pdf' }
  if (/^(?:\u00ef\u00bb\u00bf)?\s*<(?:!doctype html|html[\s>])/i.test(head))
    return { kind: 'other', what: 'an HTML page' }
  return { kind: 'unmarked' }
}

/** Word wraps an encrypted document into the old format. */
function recogniseOffice(content: Uint8Array): Known {
  const isEncrypted = Buffer.from(content).includes(Buffer.from('EncryptedPackage', 'utf16le'))
  if (isEncrypted) return { kind: 'encrypted' }
  return { kind: 'other', what: 'a document of an old Office: open it in Word and save it as .docx' }
}

/** "MZ" may begin a text as well; nothing binary goes on without a byte below the space. */
function isTextFrom(content: Uint8Array): boolean {
  return (
    !startsWith(content, [0x7b]) &&
    content.subarray(0, pdfWithin).every((byte) => byte >= 32 || (byte >= 9 && byte <= 13))
  )
}

function startsWith(content: Uint8Array, bytes: readonly number[]): boolean {
  return bytes.every((byte, index) => content[index] === byte)
}
