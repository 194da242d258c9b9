import { createChangeRunner } from '../../engine/change.ts'
import { createDoorbell } from '../../feed/doorbell.ts'
import { createFeed, type Feed } from '../../feed/feed.ts'
import { createMemoryFileStore } from '../../memory/fileStore.ts'
import { createMemoryStorage } from '../../memory/index.ts'
import type { Database, FileStore } from '../../ports.ts'
import { createProjects, type Projects } from '../../projects/projects.ts'
import { createLineDocuments } from '../../testing/lineDocuments.ts'
import { createManualClock, type ManualClock } from '../../testing/manualClock.ts'
import { crypto } from '../../testing/seeds.ts'
import { testPipelines } from '../../testing/testPipelines.ts'
import { createFiles, type Files } from '../files.ts'
import { stemOf } from '../fileNames.ts'

export type OpenFiles = {
  files: Files
  projects: Projects
  database: Database
  feed: Feed
  clock: ManualClock
  store: ReturnType<typeof createMemoryFileStore>
  warnings: string[]
}

/** What the test puts between the files and their ports. */
export type Watch = { store?(store: FileStore): FileStore; database?(database: Database): Database }

/** Files, and projects of a pipeline that is made with one, on storage in memory and a manual clock. */
export function openFiles(watch: Watch = {}): OpenFiles {
  const clock = createManualClock()
  const storage = createMemoryStorage({ crypto, clock })
  const database = watch.database?.(storage.database) ?? storage.database
  const store = createMemoryFileStore()
  const feed = createFeed({ database, clock, doorbell: createDoorbell() })
  const warnings: string[] = []
  const note = (_facts: object, message: string) => void warnings.push(message)
  const log = { info: note, warn: note, error: note }
  const change = createChangeRunner(database, feed)
  const documents = createLineDocuments()
  const files = createFiles({ database, store: watch.store?.(store) ?? store, documents, crypto, change, log })
  const ofFile = {
    ...testPipelines['three']!,
    key: 'ofFile',
    parseInput: (input: unknown) => input as { fileId: string },
    fileOf: (input: Readonly<Record<string, unknown>>) => String(input['fileId']),
    titleOf: (_input: object, file?: { name: string }) => stemOf(file?.name ?? ''),
  }
  const projects = createProjects({
    database,
    crypto,
    change,
    pipelines: { ofFile },
    defaultModel: async () => null,
    cancelTask: async () => {},
  })
  return { files, projects, database, feed, clock, store, warnings }
}

export const neverAborted = new AbortController().signal
