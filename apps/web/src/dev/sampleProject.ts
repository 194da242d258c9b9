import type { LiveProject, LiveText, VersionView } from '../api/studio.ts'
import type { Figures, LiveTaskView, ProjectState, StageView } from '../types.ts'

/** One project of the gallery: everything the server would keep of it. */
export type SampleProject = {
  id: string
  state: ProjectState
  input: { text: string }
  versions: Map<string, VersionView[]>
  texts: Map<string, string>
  open: Map<number, LiveText>
  figures: Figures | null
  drafts: Map<string, { text: string; baseRewriteId: string | null; savedAt: string }>
  lastNo: number
  updatedAt: string
  watchers: Set<() => void>
}

export const stageKeys = ['rewrite', 'storyboard', 'camera'] as const

export function makeProject(id: string, title: string, text: string): SampleProject {
  const stage = (key: string): StageView => ({
    key,
    status: 'ready',
    locked: false,
    outOfDate: false,
    current: null,
    last: null,
    failure: null,
  })
  return {
    id,
    state: { title, pipeline: 'story', stages: stageKeys.map(stage), tasks: [] },
    input: { text },
    versions: new Map(stageKeys.map((key) => [key, []])),
    texts: new Map(),
    open: new Map(),
    figures: null,
    drafts: new Map(),
    lastNo: 0,
    updatedAt: new Date().toISOString(),
    watchers: new Set(),
  }
}

export function patchStage(project: SampleProject, key: string, patch: Partial<StageView>): void {
  const stages = project.state.stages.map((stage) => (stage.key === key ? { ...stage, ...patch } : stage))
  project.state = { ...project.state, stages }
  tell(project)
}

export function patchTasks(project: SampleProject, tasks: LiveTaskView[]): void {
  project.state = { ...project.state, tasks }
  tell(project)
}

export function tell(project: SampleProject): void {
  project.updatedAt = new Date().toISOString()
  for (const watcher of project.watchers) watcher()
}

export function viewOf(project: SampleProject): LiveProject {
  return { state: project.state, figures: project.figures, texts: new Map(project.open) }
}

type NewVersion = {
  kind: VersionView['kind']
  text: string
  ending: VersionView['ending']
  tokens: number | null
  durationMs: number
  instruction: string | null
  agoMs?: number
}

/** Adds a closed version and makes it the stage's current one when it is complete. */
export function addVersion(
  project: SampleProject,
  key: string,
  version: NewVersion,
  no = ++project.lastNo,
): VersionView {
  const versions = project.versions.get(key) ?? []
  const closedMs = Date.now() - (version.agoMs ?? 0)
  const made: VersionView = {
    rewriteId: `${project.id}-${no}`,
    no,
    version: versions.length + 1,
    kind: version.kind,
    ending: version.ending,
    length: version.text.length,
    summary: null,
    instruction: version.instruction,
    tokens: version.tokens,
    createdAt: new Date(closedMs - version.durationMs).toISOString(),
    closedAt: new Date(closedMs).toISOString(),
  }
  project.versions.set(key, [made, ...versions])
  project.texts.set(made.rewriteId, version.text)
  const { rewriteId: id, ending, length } = made
  const view = { id, no, ending, length }
  const stage = project.state.stages.find((each) => each.key === key)!
  const current = version.ending === 'complete' || stage.current === null ? view : stage.current
  const status = version.ending === 'complete' ? 'done' : version.ending === 'stopped' ? 'stopped' : 'failed'
  patchStage(project, key, { status, current, last: current === view ? null : view, outOfDate: false, failure: null })
  markLaterOutOfDate(project, key, current.id === id)
  return made
}

function markLaterOutOfDate(project: SampleProject, key: string, isNew: boolean): void {
  const next = project.state.stages[project.state.stages.findIndex((stage) => stage.key === key) + 1]
  if (isNew && next !== undefined && next.current !== null) patchStage(project, next.key, { outOfDate: true })
}
