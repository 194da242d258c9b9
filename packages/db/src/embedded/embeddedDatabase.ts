import { setFlagsFromString } from 'node:v8'
import { Worker } from 'node:worker_threads'
import type pg from 'pg'
import { EmbeddedDatabaseFailed } from '../errors.ts'
import { upkeepIntervals, type UpkeepIntervals } from './upkeep.ts'
import { WireStream, type WireEnd } from './wireStream.ts'
import type { FromWorker, ToWorker, WorkerSetup } from './workerMessages.ts'

export interface EmbeddedOptions {
  /** Folder of the database files, made if missing (its parent must exist); without it the database lives in memory. */
  readonly folder?: string
  /** A dump of another embedded database to start from. */
  readonly dump?: Uint8Array
  readonly upkeep?: UpkeepIntervals
  /** Called once if the thread ends without `close()`; all streams have been destroyed with the same error by then. */
  readonly onFailure?: (error: EmbeddedDatabaseFailed) => void
  /** Told of failed upkeep; the database goes on. */
  readonly onWarning?: (message: string) => void
  /** Another entry point for the thread, which imports the usual one; tests make it crash. */
  readonly entry?: URL
}

// When V8 frees WebAssembly code that it has replaced by faster code, it may end the process on a check of its own
// ("jit_page_->allocations_.erase(addr) == 1", nodejs/node#64500): seen in one of seven runs that open and close databases
// for 20 s, and never without. What is not freed is the first version of functions, at most once each.
setFlagsFromString('--no-wasm-code-gc')

/** Milliseconds the thread may take to roll back, write and close before it is ended by force. */
const closeTimeoutMs = 10_000

/**
 * PostgreSQL (PGlite) in a worker thread, behind as many wire-protocol streams as wanted.
 *
 * Guarantee: every stream settles. The thread is starting → open → closing → ended, or goes from any of these to failed,
 * where all streams are destroyed with the reason and new ones refuse to connect.
 */
export class EmbeddedDatabase implements WireEnd {
  /** For `new pg.Pool`, `new pg.Client` and pg-boss. All connections share ONE session (see session.ts). */
  readonly poolConfig: pg.PoolConfig
  readonly #worker: Worker
  readonly #options: EmbeddedOptions
  readonly #streams = new Map<number, WireStream>()
  readonly #dumps: ((dump: Uint8Array) => void)[] = []
  readonly #ended = Promise.withResolvers<void>()
  #lastId = 0
  #closing: Promise<void> | undefined
  #failure: EmbeddedDatabaseFailed | undefined

  /** Starts the thread and waits until the database answers. Throws EmbeddedDatabaseFailed. */
  static async start(options: EmbeddedOptions = {}): Promise<EmbeddedDatabase> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const database = new EmbeddedDatabase({ ...options, onFailure: reject }, resolve)
    await promise
    database.#onFailure = options.onFailure
    return database
  }

  #onFailure: EmbeddedOptions['onFailure']

  private constructor(options: EmbeddedOptions, onReady: () => void) {
    this.#options = options
    this.#onFailure = options.onFailure
    const setup: WorkerSetup = {
      folder: options.folder ?? null,
      dump: options.dump ?? null,
      upkeep: options.upkeep ?? upkeepIntervals,
    }
    this.#worker = new Worker(options.entry ?? new URL('./worker.ts', import.meta.url), { workerData: setup })
    this.#worker.on('message', (message: FromWorker) => this.#receive(message, onReady))
    this.#worker.on('error', (error) => this.#fail(error))
    this.#worker.on('exit', (code) => {
      if (this.#closing === undefined) this.#fail(new Error(`its thread ended with code ${code}`))
      this.#ended.resolve()
    })
    this.poolConfig = {
      user: 'postgres',
      database: 'postgres',
      ssl: false,
      max: 4,
      idleTimeoutMillis: 0,
      stream: () => new WireStream(++this.#lastId, this),
    }
  }

  open(stream: WireStream): void {
    const refusal = this.#failure ?? (this.#closing === undefined ? undefined : closedError())
    if (refusal !== undefined) return void stream.destroy(refusal)
    this.#streams.set(stream.id, stream)
    this.#post({ kind: 'open', id: stream.id })
  }

  write(stream: WireStream, bytes: Uint8Array): void {
    const copy = new Uint8Array(bytes) // pg reuses its buffer; the copy is transferred, not cloned again
    this.#post({ kind: 'bytes', id: stream.id, bytes: copy }, [copy.buffer])
  }

  hangUp(stream: WireStream): void {
    if (this.#streams.delete(stream.id)) this.#post({ kind: 'hangUp', id: stream.id })
  }

  /** The whole database as a tar file, for `options.dump`. */
  dump(): Promise<Uint8Array> {
    const { promise, resolve } = Promise.withResolvers<Uint8Array>()
    this.#dumps.push(resolve)
    this.#post({ kind: 'dump' })
    return promise
  }

  /** Rolls back what is open, closes the files, ends the thread; streams still open are destroyed. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    if (this.#failure !== undefined) return
    this.#post({ kind: 'close' })
    const timer = setTimeout(() => void this.#worker.terminate(), closeTimeoutMs)
    await this.#ended.promise
    clearTimeout(timer)
    this.#destroyStreams(closedError())
  }

  #receive(message: FromWorker, onReady: () => void): void {
    switch (message.kind) {
      case 'bytes':
        return void this.#streams.get(message.id)?.push(Buffer.from(message.bytes.buffer))
      case 'end':
        return void this.#streams.get(message.id)?.push(null)
      case 'dumped':
        return this.#dumps.shift()?.(message.dump)
      case 'warning':
        return this.#options.onWarning?.(message.message)
      case 'ready':
        return onReady()
      case 'closed':
        return // its end is seen on the thread itself
    }
  }

  #fail(cause: unknown): void {
    if (this.#failure !== undefined) return
    const reason = cause instanceof Error ? cause.message : String(cause)
    const failure = new EmbeddedDatabaseFailed(`The embedded database stopped: ${reason}.`, { cause })
    this.#failure = failure
    this.#destroyStreams(failure)
    this.#onFailure?.(failure)
  }

  #destroyStreams(error: Error): void {
    for (const stream of this.#streams.values()) stream.destroy(error)
  }

  #post(message: ToWorker, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer)
  }
}

const closedError = () => new EmbeddedDatabaseFailed('The embedded database is closed.')
