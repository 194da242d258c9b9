import { createClient, type ProjectView } from '@stagewright/client'
import { connectSession } from './connectSession.ts'
import { sharedTabs } from '../tabs/sharedTabs.ts'
import { connectLive } from './connectLive.ts'
import { asked } from './requestFailures.ts'
import { transportMemory } from './transportMemory.ts'
import type { NewDocument, NewText, ProjectHead, Studio, VersionView } from './studio.ts'
import { uploadFile } from './uploadFile.ts'

type Client = ReturnType<typeof createClient>

/** The studio on its own server: the page's address, with the session's cookie. */
export function connectStudio(): Studio {
  const client = createClient({ url: location.origin, transport: 'auto', transportMemory })
  return {
    session: connectSession(),
    projects: {
      list: (query) =>
        asked(async () => {
          const { search, ...paging } = query
          const page = await client.projects.list.query({ ...paging, ...(search === '' ? {} : { search }) })
          return { ...page, projects: page.projects.map(({ id, ...project }) => ({ projectId: id, ...project })) }
        }),
      create: ({ title, ...project }) =>
        asked(() =>
          client.projects.create.mutate({
            pipeline: project.pipeline,
            ...(title === undefined ? {} : { title }),
            input: inputOf(project),
          }),
        ),
      get: (projectId) => asked(async () => toHead(await client.projects.get.query({ projectId }))),
      exportFile: (request) => asked(() => client.projects.export.query(request)),
    },
    files: { upload: uploadFile },
    stages: connectStages(client),
    tasks: connectTasks(client),
    live: connectLive(client, sharedTabs()),
    server: {
      about: () => asked(() => client.server.about.query()),
      pipelines: () => asked(() => client.server.pipelines.query()),
    },
  }
}

function connectStages(client: Client): Studio['stages'] {
  return {
    versions: (address) =>
      asked(async () => {
        const versions = await client.stages.versions.query(address)
        // Newest first; counted within the stage from its first.
        return versions.map((version, index): VersionView => ({ ...version, version: versions.length - index }))
      }),
    text: (rewriteId) => asked(async () => (await client.stages.version.query({ rewriteId })).text),
    draft: (address) =>
      asked(async () => {
        const draft = await client.stages.draft.query(address)
        return draft && { text: draft.text, baseRewriteId: draft.baseRewriteId, savedAt: draft.updatedAt }
      }),
    saveDraft: (draft) => asked(() => client.stages.saveDraft.mutate(draft)),
    edit: (edit) => asked(async () => void (await client.stages.edit.mutate(edit))),
    accept: (address) => asked(async () => void (await client.stages.accept.mutate(address))),
    cached: (address) => asked(() => client.stages.cached.query(address)),
    restore: (rewriteId, projectId) =>
      asked(async () => {
        await client.stages.restore.mutate({ rewriteId, ...(projectId === undefined ? {} : { projectId }) })
      }),
  }
}

function connectTasks(client: Client): Studio['tasks'] {
  return {
    create: (request) => asked(() => client.tasks.create.mutate(request)),
    cancel: (taskId) => asked(async () => void (await client.tasks.cancel.mutate({ taskId }))),
    resume: (taskId) => asked(async () => void (await client.tasks.resume.mutate({ taskId }))),
    estimate: ({ projectId, stage }) =>
      asked(async () => {
        const { stages } = await client.tasks.estimate.query({ projectId, stages: [stage] })
        return {
          tokens: stages.reduce((sum, { promptTokens, completionTokens }) => sum + promptTokens + completionTokens, 0),
        }
      }),
    outlook: (taskId) =>
      asked(async () => {
        const { queuePosition, estimatedRemainingSeconds } = await client.tasks.get.query({ taskId })
        return { ahead: queuePosition, remainingSeconds: estimatedRemainingSeconds }
      }),
  }
}

function inputOf(project: Omit<NewDocument, 'title'> | Omit<NewText, 'title'>): Record<string, unknown> {
  if ('fileId' in project) {
    const { pipeline: _, ...input } = project
    return input
  }
  const { field, text, language, options } = project
  return { [field]: text, ...options, ...(language === undefined ? {} : { language }) }
}

function toHead({ id, ...head }: ProjectView): ProjectHead {
  return { projectId: id, title: head.title, pipeline: head.pipeline, input: head.input }
}
