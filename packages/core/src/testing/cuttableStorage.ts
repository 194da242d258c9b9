import { DatabaseUnavailable, type Database, type JobQueue } from '../ports.ts'

type Mode = 'through' | 'dead' | 'held' | 'away'

export type CuttableStorage = {
  database: Database
  queue: JobQueue
  /** Nothing this process asks for happens any more: what a SIGKILL leaves. */
  kill(): void
  /** Holds every request back until `letThrough`: a paused process, whose writes come late. */
  hold(): void
  letThrough(): void
  /** Every request is refused as by a database that can't be reached. */
  takeAway(): void
}

/** Storage seen by one process of several, which a test can cut off from it. */
export function createCuttableStorage(storage: { database: Database; queue: JobQueue }): CuttableStorage {
  let mode: Mode = 'through'
  const held: (() => void)[] = []
  const pass = async (): Promise<void> => {
    if (mode === 'away') throw new DatabaseUnavailable('The test took the database away.')
    if (mode === 'dead') await new Promise(() => {})
    if (mode === 'held') await new Promise<void>((resolve) => held.push(resolve))
  }
  const cut = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(object, name, receiver) {
        const member: unknown = Reflect.get(object, name, receiver)
        if (typeof member !== 'function' || name === 'onWake' || name === 'onDeliveries') return member
        return async (...parameters: unknown[]): Promise<unknown> => {
          await pass()
          return (member as (...given: unknown[]) => unknown).apply(object, parameters)
        }
      },
    })
  return {
    database: cut(storage.database),
    queue: cut(storage.queue),
    kill: () => void (mode = 'dead'),
    hold: () => void (mode = 'held'),
    takeAway: () => void (mode = 'away'),
    letThrough() {
      mode = 'through'
      for (const resolve of held.splice(0)) resolve()
    },
  }
}
