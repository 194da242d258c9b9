import type { FollowedEvent } from '@stagewright/client'

/** The tasks of the workspace that this event says have ended. */
export function endedTasksOf({ event }: FollowedEvent): string[] {
  if (!('type' in event) || event.type !== 'workspace') return []
  return event.tasks.filter(({ endedAt, removed }) => endedAt !== null && !removed).map(({ id }) => id)
}
