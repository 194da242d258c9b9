// The one checker of what must hold after any fault. It looks at three witnesses that do not know of each other: the
// rows of the database, what viewers received, and the provider's own log of what it sent.
import { checkConnections, checkViewers } from './check/viewers.ts'
import { checkFences } from './check/fences.ts'
import { checkSecrets, checkServerLog } from './check/log.ts'
import { checkSockets } from './check/sockets.ts'
import { checkTasks } from './check/tasks.ts'
import { checkTexts } from './check/texts.ts'
import type { Run } from './check/run.ts'

/** Everything that is not as it must be, a sentence each, beginning with the name of the invariant (I1 to I10). */
export function checkRun(run: Run): string[] {
  return [
    ...checkTasks(run),
    ...checkTexts(run),
    ...checkViewers(run),
    ...checkConnections(run.viewers),
    ...checkSockets(run),
    ...checkFences(run.rows),
    ...checkSecrets(run),
    ...checkServerLog(run.log),
  ]
}
