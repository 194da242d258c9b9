/**
 * Everything of a user as one archive: each project in a folder of its own, with every version of every stage and its files.
 * Guarantee: one text or file at a time is in memory, and taken no faster than the reader takes the archive.
 */
import { Readable } from 'node:stream'
import {
  nameFile,
  pipelineOf,
  isPipelineKey,
  type Actor,
  type Database,
  type ProjectRecord,
  type RewriteRecord,
  type StageRecord,
} from '@stagewright/core'
import { ZipFile } from 'yazl'
import type { Program } from '../program.ts'

export type ArchiveParts = Pick<Program, 'projects' | 'stages' | 'files'> & { database: Database }

type Entry = { name: string; at: Date; open(): Promise<Readable> }
type Project = ProjectRecord & { stages: StageRecord[] }

/** The archive as it is made. What can't be read ends it with an error. */
export function archiveAccount(parts: ArchiveParts, actor: Actor): Readable {
  const zip = new ZipFile()
  const out = zip.outputStream as Readable
  addAll(zip, parts, actor).catch((error: unknown) => out.destroy(error as Error))
  return out
}

async function addAll(zip: ZipFile, parts: ArchiveParts, actor: Actor): Promise<void> {
  const fail = (error: Error): void => void (zip.outputStream as Readable).destroy(error)
  zip.on('error', fail)
  for await (const { name, at, open } of entriesOf(parts, actor)) {
    // Opened when its turn comes, and the reader has taken what is before it.
    zip.addReadStreamLazy(name, { mtime: at }, (give) => {
      open().then(
        (stream) => give(null, stream.on('error', fail)),
        (error: Error) => give(error, Readable.from([])),
      )
    })
  }
  zip.end()
}

async function* entriesOf(parts: ArchiveParts, actor: Actor): AsyncGenerator<Entry> {
  for (const archived of [false, true]) {
    for (let page = 1; ; page++) {
      const { projects, total } = await parts.projects.list(actor, { archived, page, pageSize: 100 })
      for (const project of projects) yield* entriesOfProject(parts, actor, project)
      if (page * 100 >= total) break
    }
  }
}

async function* entriesOfProject(parts: ArchiveParts, actor: Actor, project: Project): AsyncGenerator<Entry> {
  // Titles may be the same; ids are not.
  const folder = `${nameFile(project.title, project.id.slice(-8))}/`
  const versions: (RewriteRecord & { file: string })[] = []
  for (const { key } of project.stages) {
    const found = await parts.stages.versions(actor, { projectId: project.id, stage: key })
    versions.push(...found.toReversed().map((rewrite) => ({ ...rewrite, file: fileOf(project, rewrite) })))
  }
  yield entryOf(`${folder}project.json`, project.updatedAt, describe(project, versions))
  for (const { id, file, createdAt } of versions) {
    yield {
      name: folder + file,
      at: createdAt,
      open: async () => Readable.from([Buffer.from((await parts.stages.version(actor, id)).text)]),
    }
  }
  yield* filesOf(parts, actor, { project, folder, versions })
}

type Filed = { project: Project; folder: string; versions: readonly RewriteRecord[] }

/** The document it was made from, and what its versions delivered. */
async function* filesOf({ files, database }: ArchiveParts, actor: Actor, filed: Filed): AsyncGenerator<Entry> {
  const { project, folder, versions } = filed
  const original = isPipelineKey(project.pipeline)
    ? (pipelineOf(project.pipeline).fileOf?.(project.input) ?? null)
    : null
  const delivered = await database.filesOfRewrites(versions.map(({ id }) => id))
  const wanted = [
    ...(original === null ? [] : [{ id: original, at: project.createdAt, prefix: 'files/original' }]),
    ...delivered.map(({ id, rewriteId, createdAt }) => {
      const { no } = versions.find((version) => version.id === rewriteId)!
      return { id, at: createdAt, prefix: `files/v${no}` }
    }),
  ]
  for (const { id, at, prefix } of wanted) {
    const { name } = await files.find(actor, id)
    const open = async (): Promise<Readable> => Readable.from((await files.open(actor, id)).content)
    yield { name: `${folder}${prefix} ${name}`, at, open }
  }
}

function entryOf(name: string, at: Date, text: string): Entry {
  return { name, at, open: async () => Readable.from([Buffer.from(text)]) }
}

const endings = { markdown: 'md', json: 'json', files: 'txt' } as const

function fileOf({ pipeline }: Project, { stageKey, no }: RewriteRecord): string {
  const definition = isPipelineKey(pipeline)
    ? pipelineOf(pipeline).stages.find(({ key }) => key === stageKey)
    : undefined
  return `${stageKey}/v${no}.${definition === undefined ? 'txt' : endings[definition.format]}`
}

function describe(project: Project, versions: readonly (RewriteRecord & { file: string })[]): string {
  const { id, title, pipeline, input, createdAt, updatedAt, archivedAt } = project
  const whole = {
    id,
    title,
    pipeline,
    input,
    createdAt,
    updatedAt,
    archivedAt,
    stages: project.stages.map(({ key, status, locked, currentRewriteId }) => ({
      key,
      status,
      locked,
      current: versions.find((version) => version.id === currentRewriteId)?.no ?? null,
      versions: versions
        .filter(({ stageKey }) => stageKey === key)
        .map(({ no, kind, ending, instruction, summary, createdAt: madeAt, file }) => ({
          no,
          kind,
          ending,
          instruction,
          summary,
          createdAt: madeAt,
          file,
        })),
    })),
  }
  return `${JSON.stringify(whole, null, 2)}\n`
}
