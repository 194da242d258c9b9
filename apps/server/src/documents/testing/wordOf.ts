/** Word documents by hand, for what no library writes. */
import { strFromU8, strToU8, unzipSync, zipSync, type Zippable } from 'fflate'

const w = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main'
const r = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
export const names = `xmlns:w="${w}" xmlns:r="${r}"`
const typeOf = (part: string): string => `application/vnd.openxmlformats-officedocument.wordprocessingml.${part}+xml`
export const types = (...overrides: [name: string, part: string][]): string =>
  `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">${overrides
    .map(([name, part]) => `<Override PartName="/${name}" ContentType="${typeOf(part)}"/>`)
    .join('')}</Types>`

export const documentXml = (body: string): string =>
  `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n<w:document ${names}><w:body>${body}<w:sectPr/></w:body></w:document>`

/** A document of these paragraphs, and other entries. */
export function wordOf(body: string, others: Zippable = {}): Uint8Array {
  return zipSync({
    '[Content_Types].xml': strToU8(types(['word/document.xml', 'document.main'])),
    'word/document.xml': strToU8(documentXml(body)),
    ...others,
  })
}

export const run = (text: string, properties = ''): string =>
  `<w:r>${properties === '' ? '' : `<w:rPr>${properties}</w:rPr>`}<w:t xml:space="preserve">${text}</w:t></w:r>`
export const paragraph = (...content: string[]): string => `<w:p>${content.join('')}</w:p>`
export const mark = (type: string): string => `<w:r><w:fldChar w:fldCharType="${type}"/></w:r>`
export const instruction = (text: string): string => `<w:r><w:instrText>${text}</w:instrText></w:r>`
export const footnote = '<w:r><w:footnoteReference w:id="1"/></w:r>'

/** What stands in the document's body. */
export function bodyOf(content: Uint8Array): string {
  const xml = partOf(content, 'word/document.xml')
  return xml.slice(xml.indexOf('<w:body>') + 8, xml.indexOf('<w:sectPr/>'))
}

export function partOf(content: Uint8Array, name: string): string {
  return strFromU8(unzipSync(content)[name]!)
}

export function entriesOf(content: Uint8Array): Record<string, string> {
  return Object.fromEntries(
    Object.entries(unzipSync(content)).map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')]),
  )
}

/** As a reader sees it: the text of the runs, things as ◆. */
export function shownText(content: Uint8Array): string {
  return bodyOf(content)
    .replaceAll(/<w:(?:footnoteReference|drawing|tab)\b[^>]*\/>/g, '◆')
    .replaceAll(/<w:instrText[^>]*>[^<]*<\/w:instrText>|<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}
