import { endsInHighSurrogate } from './normalise.ts'

/** Blocks stay small so that reading the end of a long text costs no more than reading the end of a short one. */
const blockLength = 1024

/** A text that grows at its end. Appending and reading cost what they carry, whatever the text's length. */
export class TextPieces {
  #blocks: { from: number; text: string }[] = []
  #length = 0

  get length(): number {
    return this.#length
  }

  append(text: string): void {
    if (text === '') return
    const last = this.#blocks.at(-1)
    if (last !== undefined && last.text.length < blockLength) last.text += text
    else this.#blocks.push({ from: this.#length, text })
    this.#length += text.length
  }

  /** Forgets everything from `length` on. */
  cut(length: number): void {
    if (length >= this.#length) return
    this.#blocks.length = this.#indexOf(length) + 1
    const last = this.#blocks.at(-1)
    if (last !== undefined) last.text = last.text.slice(0, length - last.from)
    if (last?.text === '') this.#blocks.pop()
    this.#length = length
  }

  /** The text in [from, to); a pair of surrogates at the end is not cut apart unless it is the whole answer. */
  read(from: number, to: number): string {
    const end = Math.min(to, this.#length)
    if (from >= end) return ''
    const parts: string[] = []
    for (let index = this.#indexOf(from); index < this.#blocks.length; index += 1) {
      const block = this.#blocks[index]!
      if (block.from >= end) break
      parts.push(block.text.slice(Math.max(0, from - block.from), end - block.from))
    }
    const text = parts.length === 1 ? parts[0]! : parts.join('')
    return end < this.#length && text.length > 1 && endsInHighSurrogate(text) ? text.slice(0, -1) : text
  }

  /** The block that holds `offset`; -1 when there is none. */
  #indexOf(offset: number): number {
    let low = 0
    let high = this.#blocks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#blocks[middle]!.from <= offset) low = middle
      else high = middle - 1
    }
    return high
  }
}
