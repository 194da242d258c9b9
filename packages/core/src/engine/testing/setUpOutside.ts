/** A program one stage of which is done outside, and its processor. */
import { createScriptedOutside, type ScriptedOutside } from '../../testing/scriptedOutside.ts'
import type { OutsideSaying } from '../receiveOutside.ts'
import { actor, answer, reaches, setUp, until, type Setup } from './setUp.ts'

export const limitMs = 60_000

type Outside = Setup & { outside: ScriptedOutside }

/** A program whose stage `second` is done outside. */
export async function setUpOutside(
  options: Parameters<typeof setUp>[0] & { timeLimitMs?: number } = {},
): Promise<Outside> {
  const outside = createScriptedOutside()
  const { timeLimitMs = limitMs, ...rest } = options
  const setup = await setUp({ outside, ...rest })
  await setup.database.insertProcessor({
    id: 'p',
    pipeline: 'three',
    stage: 'second',
    url: 'https://processor.example',
    secretEncrypted: 'sealed',
    active: true,
    timeLimitMs,
  })
  return { ...setup, outside }
}

export async function runUntilOutside(setup: Outside, request: { stages?: string[]; reviewEach?: boolean } = {}) {
  const { taskId } = await setup.engine.create(actor, {
    projectId: setup.projectId,
    stages: ['first', 'second', 'third'],
    ...request,
  })
  const first = request.stages?.[0] ?? 'first'
  if (first === 'first') answer(await setup.model.nextCall(), 'One.')
  if (request.reviewEach) {
    await reaches(setup, taskId, 'waiting')
    await setup.engine.resume(actor, taskId)
  }
  const job = await until(() => setup.outside.sent.find((message) => message.event === 'task.job'))
  return { taskId, job, outsideTaskId: String(job.data['outsideTaskId']) }
}

let count = 0
export const say = (setup: Outside, outsideTaskId: string, saying: OutsideSaying, id = `message-${count++}`) =>
  setup.engine.receive({ id, outsideTaskId, processorId: 'p', saying })

export const lookOf = async ({ database }: Outside, taskId: string) => (await database.taskLook(taskId))!.task
