/**
 * A target as the paragraph's XML. Each run, link and picture of the source is there once; the order is the target's,
 * unless half a field stands in between. What a model lost or doubled loses nothing and breaks nothing.
 */
import { toRun, xmlOf, type Run } from './items.ts'
import { writeLevel, type Entry, type LeadPiece, type Level, type Plan } from './plan.ts'
import { parseTags, type TagNode } from './tags.ts'

/** What stands between the paragraph's properties and its end. */
export function composeParagraph(plan: Plan, target: string): string {
  const source = writeLevel(plan.level)
  const before = source.slice(0, source.length - source.trimStart().length)
  const after = source.slice(source.trimEnd().length)
  const nodes = parseTags(`${before}${target}${after}`, (id) => plan.ids.has(id))
  const composer = new Composer(plan)
  composer.writeLevel(plan.level, isPinned(plan) ? inSourceOrder(nodes) : nodes)
  return `${writePieces(plan.lead)}${composer.end()}${writePieces(plan.tail)}`
}

function writePieces(pieces: readonly LeadPiece[]): string {
  return pieces.map((piece) => (typeof piece === 'string' ? piece : xmlOf([piece]))).join('')
}

function isPinned({ hidden }: Plan): boolean {
  return hidden.some((one) => one.isPinned)
}

/** Tags by their numbers, each with the plain text that followed it. */
function inSourceOrder(nodes: readonly TagNode[]): TagNode[] {
  const units: { id: number; nodes: TagNode[] }[] = [{ id: 0, nodes: [] }]
  for (const node of nodes) {
    if (node.kind === 'tag') units.push({ id: node.id, nodes: [node] })
    else units.at(-1)!.nodes.push(node)
  }
  return units.toSorted((a, b) => a.id - b.id).flatMap((unit) => unit.nodes)
}

class Composer {
  readonly #plan: Plan
  readonly #out: string[] = []
  readonly #written = new Set<number>([0])
  #nextHidden = 0

  constructor(plan: Plan) {
    this.#plan = plan
  }

  writeLevel(level: Level, nodes: readonly TagNode[]): void {
    const plain = level.entries.filter(({ kind }) => kind === 'plain').map(({ key }) => key)
    for (const node of nodes) {
      if (node.kind === 'tag') this.#writeTag(node, level.base)
      else {
        this.#out.push(toRun(level.base, node.text))
        const key = plain.shift()
        if (key !== undefined) this.#pass(key)
      }
    }
    for (const key of plain) this.#pass(key)
  }

  /** What the target lacks: things at the end, where a reader misses the least. */
  end(): string {
    for (const entry of this.#plan.ids.values()) {
      if (entry.kind === 'thing' && !this.#written.has(entry.key)) this.#out.push(entry.xml)
    }
    for (const { xml } of this.#plan.hidden.slice(this.#nextHidden)) this.#out.push(xml)
    return this.#out.join('')
  }

  #writeTag({ id, children }: Extract<TagNode, { kind: 'tag' }>, around: Run): void {
    const entry = this.#plan.ids.get(id)!
    switch (entry.kind) {
      case 'thing':
        if (!this.#written.has(entry.key)) this.#out.push(entry.xml)
        this.#pass(entry.key)
        return this.#writeFlat(children, around)
      case 'look':
        this.#writeFlat(children, entry.run)
        return this.#pass(entry.key)
      case 'group':
        return this.#writeGroup(entry, children)
    }
  }

  /** A link that comes twice is one, and then its text; within another it would be no valid document. */
  #writeGroup(entry: Extract<Entry, { kind: 'group' }>, children: readonly TagNode[]): void {
    if (this.#written.has(entry.key) || textOfNodes(children).trim() === '')
      return this.#writeFlat(children, entry.level.base)
    this.#written.add(entry.key)
    this.#out.push(entry.open)
    this.#writeInside(entry.level, children)
    this.#out.push(entry.close)
    this.#pass(entry.endKey)
  }

  #writeInside(level: Level, children: readonly TagNode[]): void {
    const own = new Set(level.entries.map(({ key }) => key))
    this.writeLevel(
      level,
      children.flatMap((node) => {
        const entry = node.kind === 'tag' ? this.#plan.ids.get(node.id)! : null
        return node.kind === 'tag' && entry!.kind === 'group' && !own.has(entry!.key) ? flatten(node.children) : [node]
      }),
    )
  }

  /** Text in one look, with the things that stand in it. */
  #writeFlat(nodes: readonly TagNode[], run: Run): void {
    for (const node of flatten(nodes)) {
      if (node.kind === 'text') this.#out.push(toRun(run, node.text))
      else this.#writeTag({ ...node, children: [] }, run)
    }
  }

  /** Hidden items keep their order: each comes once what stood before it is there. */
  #pass(key: number): void {
    this.#written.add(key)
    const { hidden } = this.#plan
    for (; this.#nextHidden < hidden.length; this.#nextHidden += 1) {
      const next = hidden[this.#nextHidden]!
      if (!this.#written.has(next.after)) return
      this.#out.push(next.xml)
    }
  }
}

function flatten(nodes: readonly TagNode[]): TagNode[] {
  return nodes.flatMap((node): TagNode[] =>
    node.kind === 'text' ? [node] : [{ ...node, children: [] }, ...flatten(node.children)],
  )
}

function textOfNodes(nodes: readonly TagNode[]): string {
  return nodes.map((node) => (node.kind === 'text' ? node.text : textOfNodes(node.children))).join('')
}
