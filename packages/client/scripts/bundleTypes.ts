// The types of the package in one file that needs nothing of the workspace.
//
// They come from three packages, which import each other's sources: tsc writes the declarations of all of them into a
// folder, where their imports are made to point at each other; then one file is made of what index.ts exports.
import { execFile } from 'node:child_process'
import { glob, readFile, rm, writeFile, mkdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { promisify } from 'node:util'
import { generateDtsBundle } from 'dts-bundle-generator'

const run = promisify(execFile)
const libraries = { lib: ['es2024', 'esnext.disposable', 'dom', 'dom.asynciterable'], types: [] }

/** Gives the file's text; `folder` is used meanwhile, and has to be within the package for its dependencies to be found. */
export async function bundleTypes(packageFolder: string, folder: string): Promise<string> {
  await mkdir(folder, { recursive: true })
  await writeDeclarations(packageFolder, folder)
  for await (const file of glob('**/*.d.ts', { cwd: folder })) await localise(folder, file)
  const entry = path.join(folder, 'client/src/index.d.ts')
  const config = {
    compilerOptions: { module: 'nodenext', target: 'es2024', strict: true, skipLibCheck: true, ...libraries },
    files: [entry],
  }
  await writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify(config))
  const [bundle = ''] = generateDtsBundle(
    [
      {
        filePath: entry,
        libraries: { importedLibraries: ['@trpc/client', '@trpc/server'] },
        output: { exportReferencedTypes: false, noBanner: true },
      },
    ],
    { preferredConfigPath: path.join(folder, 'tsconfig.json') },
  )
  await rm(folder, { recursive: true })
  return bundle
}

async function writeDeclarations(packageFolder: string, folder: string): Promise<void> {
  const packages = path.dirname(packageFolder)
  const sourceOf = (name: string): string[] => [path.join(packages, name, 'src/index.ts')]
  const config = {
    extends: path.join(packageFolder, 'tsconfig.json'),
    compilerOptions: {
      noEmit: false,
      declaration: true,
      emitDeclarationOnly: true,
      outDir: folder,
      rootDir: packages,
      // Without these tsc takes the other packages for libraries, of which it writes nothing.
      paths: { '@stagewright/api': sourceOf('api'), '@stagewright/core': sourceOf('core') },
    },
    include: [],
    files: sourceOf('client'),
  }
  const file = path.join(folder, 'tsconfig.json')
  await writeFile(file, JSON.stringify(config))
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')
  await run(process.execPath, [tsc, '-p', file]).catch((error: Error & { stdout?: string }) => {
    throw new Error(`The declarations can't be written:\n${error.stdout ?? error.message}`)
  })
}

/** What the server carries with a request is no business of a client, and would bring half the server's types along. */
const contextTypes = `
export type Context = object
export type Services = object
export type User = object
export type ApiKeys = object
`

async function localise(folder: string, file: string): Promise<void> {
  const place = path.join(folder, file)
  const toPackage = (name: string): string => {
    const relative = path.relative(path.dirname(place), path.join(folder, name, 'src/index.js'))
    return relative.startsWith('.') ? relative : `./${relative}`
  }
  let text = await readFile(place, 'utf8')
  if (file === path.join('api', 'src', 'context.d.ts')) text = `${contextTypes}${typeOf(text, 'ApiKeyView')}`
  // Of the functions that make views only the answers' types are used.
  if (file.startsWith(path.join('api', 'src', 'views')))
    text = text.replace(/(declare function \w+)\([^)]*\)/g, '$1(...asked: never)')
  text = text
    .replace(/(['"])(\.[^'"]*)\.ts\1/g, '$1$2.js$1')
    .replace(
      /(['"])@stagewright\/(api|core)\1/g,
      (_match, quote: string, name: string) => `${quote}${toPackage(name)}${quote}`,
    )
  await writeFile(place, text)
}

function typeOf(declarations: string, name: string): string {
  const found = new RegExp(`^export type ${name} = [^;{]*\\{[^}]*\\};?$`, 'm').exec(declarations)
  if (found === null) throw new Error(`The API's context has no type ${name} any more: change this script with it.`)
  return found[0]
}
