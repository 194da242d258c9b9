/** What the tests of documents ask of the port. */
import { AppError, type DocumentFormat, type Segment } from '@stagewright/core'
import { createDocumentPort } from '../createDocumentPort.ts'

export const port = createDocumentPort()
export const { signal } = new AbortController()

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

export async function segments(format: DocumentFormat, content: Uint8Array): Promise<Segment[]> {
  return Array.fromAsync(port.readSegments({ format, content }, signal))
}

export async function texts(format: DocumentFormat, content: Uint8Array): Promise<string[]> {
  return (await segments(format, content)).map(({ text }) => text)
}

export type Targets = ReadonlyMap<number, string> | ((segment: Segment) => string)

export async function write(format: DocumentFormat, content: Uint8Array, given: Targets = new Map()): Promise<Buffer> {
  const targets =
    typeof given === 'function'
      ? new Map((await segments(format, content)).map((segment) => [segment.number, given(segment)]))
      : given
  return Buffer.concat(await Array.fromAsync(port.write({ format, content, targets }, signal)))
}

/** The code and what is said of it; an error of another kind is thrown on. */
export async function refusal(asking: Promise<unknown>): Promise<string> {
  try {
    await asking
    return 'nothing refused'
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return `${error.code} ${error.message}`
  }
}
