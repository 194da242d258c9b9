import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** A small repository with our folders and our checker's settings, in which every rule can be broken on purpose. */
export interface SampleTree extends Disposable {
  /** Runs one of our own tools (a path inside node_modules) in the tree; gives what it printed. */
  run(tool: string, args: string[]): string
}

/** Makes the tree from `files` (path → text) and copies of the named settings of the repository. */
export function makeSampleTree(files: Record<string, string>, settings: string[]): SampleTree {
  const folder = mkdtempSync(join(tmpdir(), 'stagewright-house-'))
  for (const name of settings) copyFileSync(join(ROOT, name), join(folder, name))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return {
    run(tool, args) {
      const program = join(ROOT, 'node_modules', tool)
      // oxlint looks for its type-aware half beside the tree, where there is none, and on the PATH.
      const env = { ...process.env, PATH: [join(ROOT, 'node_modules/.bin'), process.env['PATH']].join(delimiter) }
      const result = spawnSync(process.execPath, [program, ...args], { cwd: folder, env, encoding: 'utf8' })
      if (result.error) throw result.error
      return `${result.stdout}${result.stderr}`
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}
