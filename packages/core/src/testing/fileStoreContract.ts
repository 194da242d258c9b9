import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { collect } from '../files/content.ts'
import type { FileStore } from '../ports/files.ts'
import { crypto } from './seeds.ts'

export type OpenedFileStore = {
  store: FileStore
  /** The keys of all contents that it has, and whatever else lies there. */
  keys(): Promise<string[]>
  close(): Promise<void>
}

/** What every store of contents must do, one suite for all of them. */
export function fileStoreContract(name: string, open: () => Promise<OpenedFileStore>): void {
  describe(`the file store contract on ${name}`, () => {
    let opened: OpenedFileStore
    beforeAll(async () => void (opened = await open()))
    afterAll(() => opened?.close())
    const written = async (...pieces: Uint8Array[]): Promise<string> => {
      const key = crypto.newId()
      await opened.store.write(key, streamOf(pieces))
      return key
    }
    const read = (key: string) => collect(opened.store.read(key))

    it('K9 gives back what it was given, byte for byte', async () => {
      const large = Uint8Array.from({ length: 3_000_000 }, (_, at) => (at * 31) % 251)
      const pieces = Array.from({ length: 30 }, (_, at) => large.subarray(at * 100_000, (at + 1) * 100_000))
      expect(await read(await written(...pieces))).toEqual(large)
      expect(await read(await written(Uint8Array.of(0, 255, 10, 13)))).toEqual(Uint8Array.of(0, 255, 10, 13))
      expect(await read(await written())).toEqual(new Uint8Array())
    })

    it('K9 replaces what stood under the key', async () => {
      const key = await written(bytesOf('a longer first'))
      await opened.store.write(key, streamOf([bytesOf('second')]))
      expect(textOf(await read(key))).toBe('second')
    })

    it('K9 stores nothing of a content that breaks off, and keeps what was there', async () => {
      const before = await opened.keys()
      const fresh = crypto.newId()
      await expect(opened.store.write(fresh, breaking())).rejects.toThrow('broke off')
      await expect(read(fresh)).rejects.toMatchObject({ code: 'notFound' })
      await opened.store.remove(fresh)
      expect(await opened.keys()).toEqual(before)
      const kept = await written(bytesOf('whole'))
      await expect(opened.store.write(kept, breaking())).rejects.toThrow('broke off')
      expect(textOf(await read(kept))).toBe('whole')
    })

    it('K9 has nothing under an unknown key, and nothing twice removed', async () => {
      await expect(read(crypto.newId())).rejects.toMatchObject({ code: 'notFound' })
      const key = await written(bytesOf('gone'))
      await opened.store.remove(key)
      await opened.store.remove(key)
      await opened.store.remove(crypto.newId())
      await expect(read(key)).rejects.toMatchObject({ code: 'notFound' })
      expect(await opened.keys()).not.toContain(key)
    })

    it('K9 lets a reader leave in the middle', async () => {
      const key = await written(...Array.from({ length: 20 }, () => new Uint8Array(100_000)))
      for await (const piece of opened.store.read(key)) {
        expect(piece.byteLength).toBeGreaterThan(0)
        break
      }
      expect((await read(key)).byteLength).toBe(2_000_000)
    })

    it.each(['', '.', '..', '../escape', 'a/b', '/etc/passwd', 'C:\\x', 'x\0', `${crypto.newId()}/../x`])(
      'K9 takes no key that could lead out of it: %j',
      async (key) => {
        const before = await opened.keys()
        await expect(opened.store.write(key, streamOf([bytesOf('out')]))).rejects.toThrow(TypeError)
        await expect(read(key)).rejects.toThrow(TypeError)
        await expect(opened.store.remove(key)).rejects.toThrow(TypeError)
        expect(await opened.keys()).toEqual(before)
      },
    )
  })
}

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

export async function* streamOf(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void> {
  for (const piece of pieces) yield piece
}

async function* breaking(): AsyncGenerator<Uint8Array, void> {
  for (let piece = 0; piece < 3; piece++) yield new Uint8Array(70_000)
  throw new Error('It broke off.')
}
