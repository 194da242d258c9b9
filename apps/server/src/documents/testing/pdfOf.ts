/** PDFs by hand: pages of what is drawn on them, with a right table of places. */
import { deflateSync } from 'node:zlib'

export type PdfOptions = { trailer?: string }

/** `pages`: the drawing operators of each, or its stream as it is stored, deflated. */
export function pdfOf(pages: readonly (string | Uint8Array)[], { trailer = '' }: PdfOptions = {}): Uint8Array {
  const kids = pages.map((_, index) => `${4 + index * 2} 0 R`).join(' ')
  const objects: Buffer[] = [
    Buffer.from('<</Type/Catalog/Pages 2 0 R>>'),
    Buffer.from(`<</Type/Pages/Kids[${kids}]/Count ${pages.length}>>`),
    Buffer.from('<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>'),
    ...pages.flatMap((page, index) => {
      const stored = typeof page === 'string' ? deflateSync(page) : page
      const head = `<</Length ${stored.length}/Filter/FlateDecode>>stream\n`
      return [
        Buffer.from(
          `<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Resources<</Font<</F 3 0 R>>>>/Contents ${5 + index * 2} 0 R>>`,
        ),
        Buffer.concat([Buffer.from(head), stored, Buffer.from('\nendstream')]),
      ]
    }),
  ]
  return join(objects, trailer)
}

/** Lines of text from the top of the page on, with these gaps before them. */
export function drawLines(lines: readonly (readonly [text: string, gap: number, size?: number])[]): string {
  let y = 780
  return lines
    .map(([text, gap, size = 12]) => {
      y -= gap
      return `BT /F ${size} Tf 50 ${y} Td (${text}) Tj ET`
    })
    .join('\n')
}

function join(objects: readonly Buffer[], trailer: string): Uint8Array {
  const pieces = [Buffer.from('%PDF-1.4\n')]
  const places: number[] = []
  let at = pieces[0]!.length
  for (const [index, object] of objects.entries()) {
    const piece = Buffer.concat([Buffer.from(`${index + 1} 0 obj\n`), object, Buffer.from('\nendobj\n')])
    places.push(at)
    at += piece.length
    pieces.push(piece)
  }
  const rows = places.map((place) => `${String(place).padStart(10, '0')} 00000 n \n`).join('')
  const size = objects.length + 1
  pieces.push(Buffer.from(`xref\n0 ${size}\n0000000000 65535 f \n${rows}`))
  pieces.push(Buffer.from(`trailer<</Size ${size}/Root 1 0 R${trailer}>>\nstartxref\n${at}\n%%EOF\n`))
  return Uint8Array.from(Buffer.concat(pieces))
}
