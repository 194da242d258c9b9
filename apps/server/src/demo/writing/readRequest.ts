import type { ChatMessage, CompletionRequest } from '../completionRequest.ts'

export type WritingLanguage = 'zh' | 'en'

/** What a translation is wished for in. */
export type DemoTarget = { language: WritingLanguage } | { language: 'other'; name: string }

/** What a request asks for, as far as this writer can tell. */
export type WritingOrder = {
  form:
    | 'prose'
    | 'shots'
    | 'moves'
    | 'outline'
    | 'section'
    | 'plan'
    | 'spec'
    | 'criteria'
    | 'files'
    | 'translations'
    | 'object'
  language: WritingLanguage
  /** In what a translation is wished for. */
  target: DemoTarget
  material: string
  /** The section of a report to write, its heading with its points; empty when the order is for no section. */
  section: string
  brief: string
  /** Terms of a translation, a line each. */
  glossary: string
  /** What an app has to do. */
  requirement: string
  /** The one file that is asked for, null when it is all. */
  onlyFile: string | null
  /** The version to change, null when there is none. */
  present: string | null
  /** What to change, in order: with a present version only the newest, the earlier ones are in it already. */
  wishes: string[]
  /** The beginning of the answer, when it is to be continued. */
  begun: string
}

/**
 * Reads an order from the messages alone. The form is told by the JSON shape the system message asks for; material,
 * present version and instructions by the tags they stand in. A request without any of these is taken for a topic.
 */
export function readOrder(request: Pick<CompletionRequest, 'messages' | 'wantsJson'>): WritingOrder {
  const rules = textOf(request.messages.filter((message) => message.role === 'system' || message.role === 'developer'))
  const asked = findAsked(request.messages)
  const material = readTag(asked.content, 'material') ?? asked.content
  // Tags inside the material are part of it.
  const rest = asked.content.replace(material, '')
  const present = readTag(rest, 'present')
  const changes = present === null ? rest : rest.replace(present, '')
  const newest = readTags(changes, 'instruction')
  return {
    form: readForm(rules, request.wantsJson),
    language: readLanguage(rules, material),
    target: readTarget(rules),
    material: material.trim(),
    section: readTag(rest, 'section') ?? '',
    brief: readTag(rest, 'brief') ?? '',
    glossary: readTag(rest, 'glossary') ?? '',
    requirement: readTag(rest, 'requirement') ?? '',
    onlyFile: /(?:Write only the file|只写) "([^"]+)"/u.exec(rest)?.[1] ?? null,
    present,
    wishes: present === null ? [...readTags(changes, 'earlier-instruction'), ...newest] : newest,
    begun: asked.begun,
  }
}

function findAsked(messages: readonly ChatMessage[]): { content: string; begun: string } {
  const users = messages.filter((message) => message.role === 'user')
  const last = users.at(-1)?.content ?? ''
  const [before, begun] = messages.slice(-3)
  // Material, then an answer, then a turn without material: the answer is to go on.
  const isContinued =
    messages.at(-1)?.role === 'user' &&
    begun?.role === 'assistant' &&
    before?.role === 'user' &&
    readTag(last, 'material') === null
  if (isContinued && readTag(before.content, 'material') !== null)
    return { content: before.content, begun: begun.content }
  return { content: last, begun: '' }
}

function readForm(rules: string, wantsJson: boolean): WritingOrder['form'] {
  if (/"translations"\s*:\s*\[/u.test(rules)) return 'translations'
  if (/"plan"\s*:\s*\[/u.test(rules)) return 'plan'
  if (/"spec"\s*:\s*\[/u.test(rules)) return 'spec'
  if (/"criteria"\s*:\s*\[/u.test(rules)) return 'criteria'
  if (/^=== file: /mu.test(rules)) return 'files'
  if (/"moves"\s*:\s*\[/u.test(rules)) return 'moves'
  if (/"shots"\s*:\s*\[/u.test(rules)) return 'shots'
  if (wantsJson) return 'object'
  // The shape of an outline has sections, that of a section smaller headings.
  if (/^## /mu.test(rules)) return 'outline'
  return /^### /mu.test(rules) ? 'section' : 'prose'
}

function readLanguage(rules: string, material: string): WritingLanguage {
  if (isChinese(rules)) return 'zh'
  if (/\bwrite in (?:\w+ )?English\b/iu.test(rules)) return 'en'
  return isChinese(material.slice(0, 4_000)) ? 'zh' : 'en'
}

function readTarget(rules: string): DemoTarget {
  if (isChinese(rules)) return { language: 'zh' }
  const name = /\bWrite in ([^;.\n]+)/u.exec(rules)?.[1] ?? 'English'
  return /English/u.test(name) ? { language: 'en' } : { language: 'other', name }
}

function isChinese(text: string): boolean {
  const hanCount = text.match(/\p{sc=Han}/gu)?.length ?? 0
  return hanCount > 0 && hanCount >= (text.match(/\p{sc=Latin}+/gu)?.length ?? 0)
}

function readTag(text: string, tag: string): string | null {
  return readTags(text, tag)[0] ?? null
}

function readTags(text: string, tag: string): string[] {
  const pattern = new RegExp(`<(${tag}(?:-\\d+)?)>\\n([^]*?)\\n</\\1>`, 'gu')
  return [...text.matchAll(pattern)].map((found) => found[2]!)
}

function textOf(messages: readonly ChatMessage[]): string {
  return messages.map((message) => message.content).join('\n')
}
