import { collect } from '../files/content.ts'
import { notFound } from '../errors.ts'
import { requireFileKey, type FileStore } from '../ports/files.ts'

/** The store of contents in memory, for tests. `contents` are those that it has. */
export function createMemoryFileStore(): FileStore & { contents: ReadonlyMap<string, Uint8Array> } {
  const contents = new Map<string, Uint8Array>()
  return {
    contents,
    async write(key, content) {
      contents.set(requireFileKey(key), await collect(content))
    },
    async *read(key) {
      const content = contents.get(requireFileKey(key))
      if (content === undefined) throw notFound('file', key)
      yield content
    },
    async remove(key) {
      contents.delete(requireFileKey(key))
    },
  }
}
