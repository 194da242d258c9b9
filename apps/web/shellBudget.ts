import { gzipSync } from 'node:zlib'
import type { Plugin } from 'vite'

/** Fails the build when what every page loads first is heavier than it may be: the entry, what it imports, one language. */
export function shellBudget(maxBytes: number): Plugin {
  return {
    name: 'shell-budget',
    apply: 'build',
    generateBundle(_options, bundle) {
      const shell = new Set<string>()
      const add = (fileName: string): void => {
        const chunk = bundle[fileName]
        if (chunk?.type !== 'chunk' || shell.has(fileName)) return
        shell.add(fileName)
        chunk.imports.forEach(add)
      }
      const sizeOf = (fileName: string): number => {
        const chunk = bundle[fileName]
        return chunk?.type === 'chunk' ? gzipSync(chunk.code).length : 0
      }
      const chunks = Object.values(bundle).filter((file) => file.type === 'chunk')
      for (const chunk of chunks) if (chunk.isEntry) add(chunk.fileName)
      const languages = chunks.filter(({ facadeModuleId }) => facadeModuleId?.includes('/locales/') === true)
      const language = Math.max(0, ...languages.map(({ fileName }) => sizeOf(fileName)))
      const bytes = [...shell].reduce((sum, fileName) => sum + sizeOf(fileName), language)
      const words = `The app shell is ${(bytes / 1000).toFixed(1)} kB of gzipped JavaScript; it may be ${maxBytes / 1000}.`
      if (bytes > maxBytes) this.error(`${words} Load what is heavy when it is used.`)
      this.info(words)
    },
  }
}
