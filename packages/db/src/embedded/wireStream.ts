import { Duplex } from 'node:stream'

/** The far end of a stream. */
export interface WireEnd {
  open(stream: WireStream): void
  write(stream: WireStream, bytes: Uint8Array): void
  hangUp(stream: WireStream): void
}

/**
 * A socket that is none: what node-postgres writes goes to the embedded database as it would go over TCP.
 * Wired through pg's `stream` option, so that the pool, Prisma and pg-boss need no driver of their own.
 */
export class WireStream extends Duplex {
  readonly id: number
  readonly #end: WireEnd

  constructor(id: number, end: WireEnd) {
    super({ allowHalfOpen: false })
    this.id = id
    this.#end = end
  }

  /** Called by pg in place of `net.Socket.connect`. */
  connect(): this {
    queueMicrotask(() => {
      if (this.destroyed) return
      this.#end.open(this)
      if (!this.destroyed) this.emit('connect')
    })
    return this
  }

  // pg sets these on any socket; there is nothing to set on this one.
  setNoDelay(): this {
    return this
  }
  setKeepAlive(): this {
    return this
  }
  ref(): this {
    return this
  }
  unref(): this {
    return this
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#end.write(this, chunk)
    done()
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.#end.write(this, Buffer.concat(chunks.map(({ chunk }) => chunk)))
    done()
  }

  override _final(done: () => void): void {
    this.#end.hangUp(this)
    this.push(null)
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#end.hangUp(this)
    done(error)
  }
}
