/** What the tests of following share: the worlds each of them runs in, and how it writes and follows there. */
import { expect } from 'vitest'
import type { FeedEvent } from '../events.ts'
import { pass, settle, type TestViewer, type Writer, type World } from './testWorld.ts'

export const bothWorlds: [name: string, localTails: boolean][] = [
  ['the tail in memory', true],
  ['storage only', false],
]

/** Nothing failed on the way, and nothing is left that waits. */
export async function endWorld(world: World): Promise<void> {
  expect(world.errors).toEqual([])
  world.close()
  await settle()
  expect(world.clock.pending()).toBe(0)
}

/** Each test has a world of its own: `world` is asked when somebody follows. */
export function followIn(world: () => World) {
  return {
    follow: (viewer: TestViewer) =>
      viewer.connect((from) => world().feed.followProject({ ...from, projectId: world().project.projectId })),
    followTask: (viewer: TestViewer, taskId: string) =>
      viewer.connect((from) => world().feed.followTask({ ...from, taskId })),
  }
}

/** Text is on the way to viewers at once, or once it is stored. */
export async function say(writer: Writer, text: string): Promise<void> {
  writer.append(text)
  await writer.store()
  await pass(writer.world.clock, 20, 20)
}

export const kindOf = (event: FeedEvent): string => ('type' in event ? event.type : 'delta')
