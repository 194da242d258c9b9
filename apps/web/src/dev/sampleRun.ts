import type { RunRequest } from '../api/studio.ts'
import type { LiveTaskView } from '../types.ts'
import { addVersion, patchStage, patchTasks, tell, type SampleProject } from './sampleProject.ts'

/** How fast the gallery's writer writes: about what a real model does. */
const charactersPerTick = 4
const tickMs = 45
const firstTokenMs = 1_200

export type SampleRun = { stop(): void; resume(): void }

/** Plays a run of some stages of a project: queued, connecting, writing, done. `textOf` gives what a stage will say. */
export function playRun(
  project: SampleProject,
  request: RunRequest,
  textOf: (stage: string) => string,
): { taskId: string; run: SampleRun } {
  const taskId = `task-${Date.now()}`
  const keys = Array.isArray(request.stages)
    ? request.stages
    : project.state.stages.filter(({ status }) => status !== 'done').map(({ key }) => key)
  let task: LiveTaskView = {
    id: taskId,
    status: 'queued',
    stages: keys.map((key) => ({ key, status: 'queued' })),
    currentStage: null,
  }
  let timer: ReturnType<typeof setTimeout>
  let stopOpen: (() => void) | null = null

  const update = (patch: Partial<LiveTaskView>) => {
    task = { ...task, ...patch }
    patchTasks(project, [task])
  }
  const mark = (key: string, status: LiveTaskView['stages'][number]['status']) => ({
    stages: task.stages.map((run) => (run.key === key ? { key, status } : run)),
  })
  const end = () => {
    for (const { key, status } of task.stages) if (status === 'queued') patchStage(project, key, { status: 'ready' })
    patchTasks(project, [])
  }

  function begin(index: number): void {
    const key = keys[index]
    if (key === undefined) return end()
    update({ status: 'running', currentStage: key, ...mark(key, 'running') })
    stopOpen = writeStage(
      project,
      { key, text: textOf(key), instruction: request.instruction ?? null },
      (isStopped) => {
        stopOpen = null
        update(mark(key, isStopped ? 'stopped' : 'done'))
        if (isStopped) return end()
        const next = keys[index + 1]
        if (next === undefined || request.reviewEach !== true) return begin(index + 1)
        update({ status: 'waiting', currentStage: null })
        patchStage(project, next, { status: 'waiting' })
      },
    )
  }

  for (const key of keys) patchStage(project, key, { status: 'queued' })
  update({})
  timer = setTimeout(() => begin(0), 500)
  return {
    taskId,
    run: {
      stop() {
        clearTimeout(timer)
        if (stopOpen !== null) stopOpen()
        else end()
      },
      resume() {
        const next = task.stages.findIndex(({ status }) => status === 'queued')
        update({ status: 'queued' })
        timer = setTimeout(() => begin(next), 400)
      },
    },
  }
}

type Writing = { key: string; text: string; instruction: string | null }

/** Writes one stage piece by piece. Answers with a function that stops it. */
function writeStage(
  project: SampleProject,
  { key, text, instruction }: Writing,
  ended: (isStopped: boolean) => void,
): () => void {
  const no = ++project.lastNo
  const rewriteId = `${project.id}-${no}`
  const startedMs = performance.now()
  let written = 0
  // A long text comes faster, so that nobody has to wait for its end.
  const perTick = charactersPerTick * Math.max(1, Math.round(text.length / 2_000))
  patchStage(project, key, {
    status: 'running',
    failure: null,
    last: { id: rewriteId, no, ending: null, length: 0 },
  })

  const show = () => {
    const elapsedMs = performance.now() - startedMs
    const tokens = Math.round(written / 3.2)
    const tokensPerSecond = written === 0 ? null : tokens / Math.max(0.3, (elapsedMs - firstTokenMs) / 1000)
    project.figures = {
      rewriteNo: no,
      tokens,
      tokensPerSecond,
      firstTokenMs: written === 0 ? null : firstTokenMs,
      elapsedMs,
      provider: 'Demo writer',
      model: 'demo',
      reasoning: null,
    }
    project.open.set(no, {
      rewriteNo: no,
      rewriteId,
      stage: key,
      attempt: 1,
      namedAttempt: 1,
      text: text.slice(0, written),
      closed: null,
    })
    tell(project)
  }
  const close = (isStopped: boolean) => {
    clearInterval(timer)
    const kept = text.slice(0, written)
    project.open.set(no, {
      rewriteNo: no,
      rewriteId,
      stage: key,
      attempt: 1,
      namedAttempt: 1,
      text: kept,
      closed: {
        type: 'closed',
        rewriteNo: no,
        attempt: 1,
        length: kept.length,
        sha256: '',
        ending: isStopped ? 'stopped' : 'complete',
      },
    })
    addVersion(
      project,
      key,
      {
        kind: 'generated',
        text: kept,
        ending: isStopped ? 'stopped' : 'complete',
        tokens: Math.round(written / 3.2),
        durationMs: performance.now() - startedMs,
        instruction,
      },
      no,
    )
    ended(isStopped)
  }
  const timer = setInterval(() => {
    if (performance.now() - startedMs < firstTokenMs) return show()
    written = Math.min(text.length, written + perTick)
    show()
    if (written === text.length) close(false)
  }, tickMs)
  show()
  return () => close(true)
}
