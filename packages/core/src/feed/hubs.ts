import type { Clock } from '../ports/clock.ts'
import type { Database } from '../ports/database.ts'
import type { Doorbell } from './doorbell.ts'
import type { TextRelay } from './textRelay.ts'
import type { FeedOptions } from './options.ts'
import { frameMsOf } from './framePace.ts'
import { ProjectHub, type HubDeps } from './projectHub.ts'
import { Tails } from './tails.ts'
import { WorkspaceHub } from './workspaceHub.ts'

export type HubsDeps = {
  database: Database
  clock: Clock
  doorbell: Doorbell
  relay: TextRelay | null
  options: FeedOptions
  report(error: unknown): void
}

/** The hubs and tails of this process: at most one per project, workspace and rewrite, made when somebody comes. */
export class Hubs {
  readonly tails: Tails
  readonly #deps: HubDeps
  readonly #projects = new Map<string, ProjectHub>()
  readonly #workspaces = new Map<string, WorkspaceHub>()

  constructor({ database, clock, doorbell, relay, options, report }: HubsDeps) {
    const { graceMs = 30_000, silenceMs = 2000, flowingMs = 10_000, loopDelayMs = () => 0, localTails = true } = options
    this.tails = new Tails({
      database,
      clock,
      doorbell,
      relay,
      localTails,
      graceMs,
      report,
      frameMs: () => frameMsOf(loopDelayMs()),
      isFollowed: (projectId) => (this.#projects.get(projectId)?.followers.size ?? 0) > 0,
      changed: (tail) => this.#projects.get(tail.projectId)?.followers.wakeAll(),
    })
    this.#deps = { database, clock, doorbell, tails: this.tails, graceMs, silenceMs, flowingMs, report }
  }

  project(projectId: string): ProjectHub {
    const known = this.#projects.get(projectId)
    if (known !== undefined) return known
    const hub = new ProjectHub(projectId, this.#deps, () => {
      hub.dispose()
      this.#projects.delete(projectId)
    })
    this.#projects.set(projectId, hub)
    return hub
  }

  freshRevision(projectId: string): number | null {
    return this.#projects.get(projectId)?.freshRevision ?? null
  }

  workspace(workspaceId: string): WorkspaceHub {
    const known = this.#workspaces.get(workspaceId)
    if (known !== undefined) return known
    const hub = new WorkspaceHub(workspaceId, this.#deps, {
      isTextFlowing: () => this.#isTextFlowing(workspaceId),
      ended: () => {
        hub.dispose()
        this.#workspaces.delete(workspaceId)
      },
    })
    this.#workspaces.set(workspaceId, hub)
    return hub
  }

  sizes() {
    const hubs = [...this.#projects.values(), ...this.#workspaces.values()]
    return {
      projects: this.#projects.size,
      workspaces: this.#workspaces.size,
      tails: this.tails.size,
      followers: hubs.reduce((sum, hub) => sum + hub.followers.size, 0),
    }
  }

  close(): void {
    for (const hub of [...this.#projects.values(), ...this.#workspaces.values()]) hub.dispose()
    this.#projects.clear()
    this.#workspaces.clear()
    this.tails.close()
  }

  #isTextFlowing(workspaceId: string): boolean {
    const { clock, silenceMs } = this.#deps
    return [...this.#projects.values()].some(
      (hub) => hub.workspaceId === workspaceId && clock.now() - this.tails.lastTextAt(hub.projectId) < silenceMs,
    )
  }
}
