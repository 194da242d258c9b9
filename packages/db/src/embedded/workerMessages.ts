import type { UpkeepIntervals } from './upkeep.ts'

/** What the worker thread is started with. */
export interface WorkerSetup {
  /** Folder of the database; null keeps it in memory. */
  readonly folder: string | null
  /** A dump to start from instead of an empty database. */
  readonly dump: Uint8Array | null
  readonly upkeep: UpkeepIntervals
}

export type ToWorker =
  | { readonly kind: 'open' | 'hangUp'; readonly id: number }
  | { readonly kind: 'bytes'; readonly id: number; readonly bytes: Uint8Array }
  | { readonly kind: 'dump' | 'close' }

export type FromWorker =
  | { readonly kind: 'ready' | 'closed' }
  | { readonly kind: 'bytes'; readonly id: number; readonly bytes: Uint8Array }
  | { readonly kind: 'end'; readonly id: number }
  | { readonly kind: 'dumped'; readonly dump: Uint8Array }
  | { readonly kind: 'warning'; readonly message: string }
