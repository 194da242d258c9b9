/** The studio's interface kept in memory, for the gallery: no server, no account, the same screens. */
import { RequestFailure, type AccountOutcome, type SessionUser, type Studio } from '../api/studio.ts'
import type { Language } from '../i18n.ts'
import { addVersion, makeProject, patchStage, patchTasks, tell, viewOf, type SampleProject } from './sampleProject.ts'
import { playRun, type SampleRun } from './sampleRun.ts'
import { samplePipeline } from './samplePipeline.ts'
import { sampleTexts } from './sampleTexts.ts'

const user: SessionUser = { id: 'u1', name: 'Lin', email: 'lin@example.org', isAdministrator: true }
const minuteMs = 60_000

export type SampleOptions = {
  language: Language
  isEmpty: boolean
  isSignedIn: boolean
  connection: 'live' | 'lost'
  rewriteRepeats: number
}

export function createSampleStudio({
  language,
  isEmpty,
  isSignedIn,
  connection,
  rewriteRepeats,
}: SampleOptions): Studio {
  const texts = sampleTexts[language]
  const projects = isEmpty ? new Map<string, SampleProject>() : makeProjects(language)
  const runs = new Map<string, SampleRun>()
  let signedIn = isSignedIn
  const find = (projectId: string) => {
    const project = projects.get(projectId)
    if (project === undefined)
      throw new RequestFailure({ code: 'notFound', message: `There is no project ${projectId} that you can see.` })
    return project
  }
  const accept = async (account: { email: string; password: string }): Promise<AccountOutcome> => {
    if (account.password === 'wrong') return { ok: false, refusal: 'wrongCredentials' }
    if (account.password.length < 8) return { ok: false, refusal: 'passwordTooShort' }
    signedIn = true
    return { ok: true, user: { ...user, email: account.email } }
  }

  return {
    session: {
      current: async () => (signedIn ? user : null),
      signIn: accept,
      signUp: accept,
      async signOut() {
        signedIn = false
      },
    },
    projects: {
      async list({ search, page, pageSize }) {
        const found = [...projects.values()].filter(({ state }) =>
          state.title.toLowerCase().includes(search.toLowerCase()),
        )
        return {
          total: found.length,
          page,
          pageSize,
          projects: found.map(({ id, state, updatedAt }) => ({
            projectId: id,
            title: state.title,
            pipeline: state.pipeline,
            stages: state.stages,
            updatedAt,
          })),
        }
      },
      async create({ title, ...project }) {
        const text = 'fileId' in project ? 'A document' : project.text
        const projectId = `p${projects.size + 1}`
        projects.set(projectId, makeProject(projectId, title ?? text.split('\n')[0]!.slice(0, 60), text))
        return { projectId }
      },
      async get(projectId) {
        const { state, input } = find(projectId)
        return { projectId, title: state.title, pipeline: state.pipeline, input }
      },
      async exportFile({ projectId, format }) {
        const { state } = find(projectId)
        return { name: `${state.title}.${format}`, mediaType: 'text/plain', content: btoa('Made by the server.') }
      },
    },
    files: {
      async upload(_, { onShare }) {
        onShare(1)
        return { fileId: 'f1' }
      },
    },
    stages: {
      versions: async ({ projectId, stage }) => find(projectId).versions.get(stage) ?? [],
      async text(rewriteId) {
        for (const project of projects.values()) {
          const text = project.texts.get(rewriteId)
          if (text !== undefined) return text
        }
        throw new RequestFailure({ code: 'notFound', message: `There is no version ${rewriteId}.` })
      },
      draft: async ({ projectId, stage }) => find(projectId).drafts.get(stage) ?? null,
      async saveDraft({ projectId, stage, text, baseRewriteId }) {
        if (text === null) find(projectId).drafts.delete(stage)
        else find(projectId).drafts.set(stage, { text, baseRewriteId, savedAt: new Date().toISOString() })
      },
      async edit({ projectId, stage, text }) {
        find(projectId).drafts.delete(stage)
        addVersion(find(projectId), stage, {
          kind: 'edited',
          text,
          ending: 'complete',
          tokens: null,
          durationMs: 0,
          instruction: null,
        })
      },
      accept: async () => undefined,
      cached: async () => null,
      async restore(rewriteId) {
        for (const project of projects.values()) {
          for (const [stage, versions] of project.versions) {
            if (!versions.some((version) => version.rewriteId === rewriteId)) continue
            addVersion(project, stage, {
              kind: 'restored',
              text: project.texts.get(rewriteId) ?? '',
              ending: 'complete',
              tokens: null,
              durationMs: 0,
              instruction: null,
            })
            return
          }
        }
      },
    },
    tasks: {
      async create(request) {
        const { taskId, run } = playRun(find(request.projectId), request, (stage) =>
          (texts[stage as 'rewrite'] ?? '')
            .concat('\n\n')
            .repeat(stage === 'rewrite' ? rewriteRepeats : 1)
            .trimEnd(),
        )
        runs.set(taskId, run)
        return { taskId }
      },
      cancel: async (taskId) => runs.get(taskId)?.stop(),
      resume: async (taskId) => runs.get(taskId)?.resume(),
      estimate: async () => ({ tokens: 2_040 }),
      outlook: async () => ({ ahead: 2, remainingSeconds: 40 }),
    },
    live: {
      async *followProject(projectId, { signal, onConnection }) {
        const project = find(projectId)
        onConnection(connection)
        let wake: () => void = () => undefined
        const watcher = () => wake()
        project.watchers.add(watcher)
        try {
          while (!signal.aborted) {
            const changed = new Promise<void>((resolve) => (wake = resolve))
            yield viewOf(project)
            await Promise.race([
              changed,
              new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true })),
            ])
          }
        } finally {
          project.watchers.delete(watcher)
        }
      },
      // Nothing ends here that the page does not see.
      watchEnded: () => undefined,
    },
    server: {
      about: async () => ({ usesDemoWriter: true, hasAccounts: true }),
      pipelines: async () => [samplePipeline],
    },
  }
}

function makeProjects(language: Language): Map<string, SampleProject> {
  const texts = sampleTexts[language]
  const isChinese = language === 'zh'
  const done = makeProject('done', texts.title, texts.topic)
  const version = { kind: 'generated', ending: 'complete', tokens: 486, durationMs: 9_200, instruction: null } as const
  addVersion(done, 'rewrite', {
    ...version,
    text: texts.rewrite.slice(0, 400),
    ending: 'stopped',
    tokens: 120,
    agoMs: 52 * minuteMs,
  })
  addVersion(done, 'rewrite', { ...version, text: texts.rewrite, agoMs: 48 * minuteMs })
  addVersion(done, 'storyboard', { ...version, text: texts.storyboard, tokens: 512, agoMs: 40 * minuteMs })
  addVersion(done, 'camera', { ...version, text: texts.camera, tokens: 430, agoMs: 38 * minuteMs })
  addVersion(done, 'rewrite', {
    ...version,
    text: texts.rewrite,
    agoMs: 4 * minuteMs,
    instruction: isChinese ? '结尾再安静一些，不要解释' : 'A quieter ending, and no explanations',
  })

  const fresh = makeProject(
    'fresh',
    isChinese ? '末班电车' : 'Last tram home',
    isChinese
      ? '末班电车的司机忽然发现，车上的乘客全是在一九七四年上车的。'
      : 'The driver of the last night tram realises that all her passengers got on in 1974.',
  )
  const half = makeProject(
    'half',
    isChinese ? '屋顶上的蜂箱' : 'Bees on the roof: why keepers are moving into the city',
    isChinese ? '屋顶上的蜂箱' : 'Bees on the roof',
  )
  addVersion(half, 'rewrite', { ...version, text: texts.rewrite, agoMs: 26 * 60 * minuteMs })
  addVersion(half, 'storyboard', {
    ...version,
    text: texts.storyboard.slice(0, 900),
    ending: 'interrupted',
    agoMs: 25 * 60 * minuteMs,
  })
  patchStage(half, 'storyboard', {
    failure: {
      code: 'provider.interrupted',
      message: 'The stream of deepseek-chat ended without a finish reason.',
      params: { provider: 'DeepSeek' },
    },
  })
  const review = makeProject('review', isChinese ? '雨夜的修表匠' : 'The watchmaker in the rain', texts.topic)
  addVersion(review, 'rewrite', { ...version, text: texts.rewrite, agoMs: 2 * minuteMs })
  patchTasks(review, [
    {
      id: 'task-review',
      status: 'waiting',
      stages: [
        { key: 'rewrite', status: 'done' },
        { key: 'storyboard', status: 'queued' },
        { key: 'camera', status: 'queued' },
      ],
      currentStage: null,
    },
  ])
  patchStage(review, 'storyboard', { status: 'waiting' })
  patchStage(review, 'camera', { status: 'queued' })
  const ages: [SampleProject, number][] = [
    [review, 2],
    [done, 4],
    [fresh, 190],
    [half, 25 * 60],
  ]
  for (const [project, minutes] of ages) project.updatedAt = new Date(Date.now() - minutes * minuteMs).toISOString()
  tell(review)
  review.updatedAt = new Date(Date.now() - 2 * minuteMs).toISOString()
  return new Map(ages.map(([project]) => [project.id, project]))
}
