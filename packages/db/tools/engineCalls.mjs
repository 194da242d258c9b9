import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import * as wasmBindings from '@prisma/schema-engine-wasm/schema_engine_bg'
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils'
import { memoryUrl } from './engineDatabases.mjs'

/** Methods the wasm engine has under another name. */
const renamed = { getDatabaseVersion: 'version' }

/** These read the engine's migration cache only, which nothing but a diagnosis fills in the wasm build. */
const needsDiagnosis = new Set(['evaluateDataLoss', 'createMigration'])

/** Runs the CLI's calls on the wasm engine. */
export class EngineCalls {
  #setup
  #engine
  #factories = []

  constructor(setup) {
    this.#setup = setup
  }

  /** Throws what the engine or the database throws, and for a method the wasm build lacks. */
  async run(method, params) {
    const engine = await (this.#comparesMigrations(method, params) ? this.#create(memoryUrl) : this.#main())
    const name = renamed[method] ?? method
    if (typeof engine[name] !== 'function') throw new Error(`the wasm schema engine has no ${method}`)
    if (needsDiagnosis.has(method)) {
      const { migrationsList, filters } = params
      await engine.diagnoseMigrationHistory({ migrationsList, filters, optInToShadowDatabase: true })
    }
    return engine[name](params)
  }

  async close() {
    for (const factory of this.#factories) await factory.close()
  }

  /** Such a comparison applies the migrations to the engine's own connection: that must be an empty database. */
  #comparesMigrations(method, params) {
    return method === 'diff' && [params.from, params.to].some(({ tag }) => tag === 'migrations')
  }

  #main() {
    return (this.#engine ??= this.#create(this.#setup.url))
  }

  async #create(url) {
    const { SchemaEngine } = await loadEngine()
    const factory = this.#setup.openFactory(url)
    this.#factories.push(factory)
    const datamodels = this.#setup.datamodels.length > 0 ? this.#setup.datamodels : undefined
    return SchemaEngine.new({ datamodels }, () => {}, bindMigrationAwareSqlAdapterFactory(factory))
  }
}

let loaded

/** The package's own loader wants a bundler; this one instantiates the file in it. */
function loadEngine() {
  loaded ??= (async () => {
    const entry = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm')
    const code = readFileSync(entry.replace(/schema_engine\.js$/, 'schema_engine_bg.wasm'))
    const { instance } = await WebAssembly.instantiate(code, { './schema_engine_bg.js': wasmBindings })
    wasmBindings.__wbg_set_wasm(instance.exports)
    instance.exports.__wbindgen_start()
    return wasmBindings
  })()
  return loaded
}
