/**
 * Puts a text between tags, so that a model can tell what it works on from what it is told to do.
 * The tag gets a number the text does not contain: nothing inside can close it.
 */
export function fence(tag: string, text: string): string {
  let name = tag
  for (let n = 2; text.includes(`</${name}>`); n++) name = `${tag}-${n}`
  return `<${name}>\n${text}\n</${name}>`
}
