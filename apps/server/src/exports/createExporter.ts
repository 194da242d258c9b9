/** Gathers what is asked for, and has a worker thread make the file. */
import type { ExportedFile, Exporter } from '@stagewright/api'
import {
  AppError,
  formatsOfStage,
  nameFile,
  notFound,
  pipelineOf,
  projectFormats,
  type Actor,
  type Database,
  type ExportFormat,
  type Projects,
  type ProjectRecord,
  type RewriteRecord,
  type StageDefinition,
  type Stages,
} from '@stagewright/core'
import { Piscina } from 'piscina'
import type { ExportPart, ExportWork } from './convert.ts'

/** Each thread has the libraries in its memory; who waits longer is told to come back. */
const threads = 1
const waitingAtMost = 20
const idleMs = 30_000
const retryAfterMs = 5_000
/** Of one export: far more than a million characters take. */
const withinMs = 60_000
const heapMegabytes = 512

const mediaTypes: Readonly<Record<ExportFormat, string>> = {
  md: 'text/markdown; charset=utf-8',
  html: 'text/html; charset=utf-8',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  json: 'application/json',
  csv: 'text/csv; charset=utf-8',
  srt: 'application/x-subrip; charset=utf-8',
  zip: 'application/zip',
}

export type ExporterParts = { projects: Projects; stages: Stages; database: Database }

export type RunningExporter = { export: Exporter; close(): Promise<void> }

export function createExporter(parts: ExporterParts): RunningExporter {
  const pool = new Piscina<ExportWork, Uint8Array>({
    filename: new URL('./convert.ts', import.meta.url).href,
    name: 'convert',
    minThreads: 0,
    maxThreads: threads,
    maxQueue: waitingAtMost,
    idleTimeout: idleMs,
    resourceLimits: { maxOldGenerationSizeMb: heapMegabytes },
  })
  return {
    async export(actor, request): Promise<ExportedFile> {
      const project = await parts.projects.get(actor, request.projectId)
      const versions = await readVersions(parts, actor, request)
      checkFormat(request, versions)
      const work = describeWork(project, versions, request)
      if (pool.queueSize >= waitingAtMost) throw tooMany()
      const bytes = await pool.run(work, { signal: AbortSignal.timeout(withinMs) })
      return {
        name: nameFile(nameOf(project, versions, request), request.format),
        mediaType: mediaTypes[request.format],
        content: Buffer.from(bytes).toString('base64'),
      }
    },
    close: () => pool.destroy(),
  }
}

type Request = Parameters<Exporter>[1]
type Version = { definition: StageDefinition; rewrite: RewriteRecord; text: string }

/** The version that is named, or the present one of every stage that has one. */
async function readVersions(
  { stages, database }: ExporterParts,
  actor: Actor,
  { projectId, rewriteId }: Request,
): Promise<Version[]> {
  const look = await database.projectLook(projectId)
  if (look === null) throw notFound('project', projectId)
  const present = look.stages.flatMap(({ currentRewriteId }) => (currentRewriteId === null ? [] : [currentRewriteId]))
  const stored = await Promise.all(
    (rewriteId === undefined ? present : [rewriteId]).map((id) => stages.version(actor, id)),
  )
  if (stored.some(({ rewrite }) => rewrite.projectId !== projectId)) throw notFound('version', rewriteId ?? '')
  const definitions = pipelineOf(look.project.pipeline).stages
  const versions = definitions.flatMap((definition) =>
    stored
      .filter(({ rewrite, text }) => rewrite.stageKey === definition.key && text.trim() !== '')
      .map(({ rewrite, text }) => ({ definition, rewrite, text })),
  )
  if (versions.length > 0) return versions
  throw new AppError('export.empty', 'There is no text to export yet.', { params: { projectId } })
}

function checkFormat({ format, rewriteId }: Request, versions: readonly Version[]): void {
  const [first] = versions
  const possible = rewriteId === undefined || first === undefined ? projectFormats : formatsOfStage(first.definition)
  const refuse = (problem: string): AppError =>
    new AppError('input.invalid', `format: ${problem}.`, { params: { field: 'format', problem } })
  if (!possible.includes(format)) throw refuse(`must be one of ${possible.join(', ')} here`)
  if (rewriteId !== undefined && format === 'json' && first !== undefined && readJson(first.text) === null)
    throw refuse('the text is no whole JSON; take md or csv')
}

function describeWork(project: ProjectRecord, versions: readonly Version[], request: Request): ExportWork {
  const { format } = request
  const isVersion = request.rewriteId !== undefined
  const language = languageOf(versions)
  const parts = versions.map(({ definition, text }): ExportPart => {
    const json = definition.format === 'json' ? readJson(text) : null
    return {
      name: nameOfStage(project, definition, language),
      text,
      isMarkdown: definition.format === 'markdown',
      json: json === null ? null : `${JSON.stringify(json, null, 2)}\n`,
      table: definition.readTable?.(text) ?? null,
      cues: definition.readCues?.(text) ?? null,
      files: definition.readFiles?.(text) ?? null,
    }
  })
  const whole = {
    title: project.title,
    pipeline: project.pipeline,
    stages: versions.map(({ definition, rewrite, text }) => ({
      stage: definition.key,
      version: rewrite.no,
      ending: rewrite.ending,
      content: definition.format === 'json' ? (readJson(text) ?? text) : text,
    })),
  }
  return { format, title: project.title, language, parts, isVersion, whole }
}

/** Of a page and of the stages' names: Chinese where the first text is, otherwise English. */
function languageOf([first]: readonly Version[]): 'zh' | 'en' {
  return first !== undefined && /\p{Script=Han}/u.test(first.text) ? 'zh' : 'en'
}

function nameOfStage({ pipeline }: ProjectRecord, { key }: StageDefinition, language: 'zh' | 'en'): string {
  return pipelineOf(pipeline).words.stages[key]?.name[language] ?? key
}

function nameOf(project: ProjectRecord, versions: readonly Version[], { rewriteId }: Request): string {
  const [first] = versions
  if (rewriteId === undefined || first === undefined) return project.title
  return `${project.title} ${nameOfStage(project, first.definition, languageOf(versions))}`
}

/** A model may put its JSON into a fence or a sentence. */
function readJson(text: string): unknown {
  for (const piece of [text, text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1)]) {
    try {
      return JSON.parse(piece) as unknown
    } catch {
      continue
    }
  }
  return null
}

function tooMany(): AppError {
  return new AppError('server.busy', 'Many exports are under way. Try again in a few seconds.', {
    params: { retryAfterMs },
  })
}
