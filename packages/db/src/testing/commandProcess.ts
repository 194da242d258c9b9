import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** A real process that answers commands line by line. Ends with `await using`, and with SIGKILL at any moment. */
export class CommandProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>

  constructor(file: URL, ...args: string[]) {
    this.#child = spawn(process.execPath, [file.pathname, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]()
  }

  send(line: string): void {
    this.#child.stdin!.write(`${line}\n`)
  }

  /** The next line it prints; null when it has ended. */
  async read(): Promise<string | null> {
    const { value, done } = await this.#lines.next()
    return done ? null : value
  }

  async ask(line: string): Promise<string | null> {
    this.send(line)
    return this.read()
  }

  /** SIGKILL; settles when the process is gone. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const gone = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await gone
  }

  pause(): void {
    this.#child.kill('SIGSTOP')
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill()
  }
}
