import type { RunRows } from '../runRows.ts'
import type { ProviderRequest } from '../storyProvider.ts'
import type { ViewerRecord } from '../viewerRecord.ts'

/** What the three witnesses say of one run. */
export type Run = {
  rows: RunRows
  /** All that the provider was asked, in the order it came. */
  requests: readonly ProviderRequest[]
  /** When `requests` was read, in milliseconds since 1970. */
  requestsReadAtMs: number
  viewers: readonly ViewerRecord[]
  /** The tasks whose creation was acknowledged. */
  taskIds: readonly string[]
  /** All that the server printed. */
  log: string
  /** What must show nowhere, by what it is. */
  secrets: Readonly<Record<string, string>>
}
