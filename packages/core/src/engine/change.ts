import { notFound } from '../errors.ts'
import type { FeedPublisher } from '../feed/producer.ts'
import { DatabaseUnavailable, type Database, type Tx } from '../ports.ts'
import type { ProjectRecord } from '../records.ts'

/** A transaction that remembers what it touched, so that viewers are told once it has committed. */
export type Change = {
  tx: Tx
  /** Holds the project's row and raises its revision. Throws `notFound` when it is gone. */
  touchProject(projectId: string): Promise<ProjectRecord>
  /** The same also for a removed project, where nothing begins but everything must end. Null when there is no such row. */
  holdProject(projectId: string): Promise<ProjectRecord | null>
  /** `holdProject`, and in the same statement the event number that the next `touchWorkspace` gives. */
  holdProjectAndWorkspace(projectId: string): Promise<ProjectRecord | null>
  /** Raises the workspace's event number: each call gives a number of its own. */
  touchWorkspace(workspaceId: string): Promise<number>
}

export type ChangeRunner = <T>(work: (change: Change) => Promise<T>) => Promise<T>

/** Runs `work` in one transaction and rings the viewers' bells after the commit, never before. */
export function createChangeRunner(database: Database, feed: FeedPublisher): ChangeRunner {
  return async (work) => {
    const projects = new Set<string>()
    const workspaces = new Set<string>()
    const ring = (): void => {
      for (const projectId of projects) feed.projectChanged(projectId)
      for (const workspaceId of workspaces) feed.workspaceChanged(workspaceId)
    }
    try {
      const result = await database.transaction((tx) => {
        projects.clear()
        workspaces.clear()
        return work(createChange(tx, { projects, workspaces }))
      })
      ring()
      return result
    } catch (error) {
      // It may be stored while only the answer was lost.
      if (error instanceof DatabaseUnavailable) ring()
      throw error
    }
  }
}

type Touched = { projects: Set<string>; workspaces: Set<string> }

function createChange(tx: Tx, { projects, workspaces }: Touched): Change {
  let raised: { workspaceId: string; eventSeq: number } | null = null
  const holdProject = async (projectId: string): Promise<ProjectRecord | null> => {
    projects.add(projectId)
    return tx.touchProject(projectId)
  }
  return {
    tx,
    holdProject,
    async touchProject(projectId) {
      const project = await holdProject(projectId)
      if (project === null || project.removedAt !== null) throw notFound('project', projectId)
      return project
    },
    async holdProjectAndWorkspace(projectId) {
      projects.add(projectId)
      const held = await tx.touchProjectAndWorkspace(projectId)
      raised = held && { workspaceId: held.project.workspaceId, eventSeq: held.eventSeq }
      return held && held.project
    },
    async touchWorkspace(workspaceId) {
      workspaces.add(workspaceId)
      const given = raised
      if (given?.workspaceId !== workspaceId) return tx.touchWorkspace(workspaceId)
      raised = null
      return given.eventSeq
    },
  }
}
