import { createMemoryStorage } from '../../memory/index.ts'
import type { Database, JobQueue } from '../../ports.ts'
import { createNodeCrypto } from '../../testing/nodeCrypto.ts'
import { openProgram, realClock, type OpenProgram, type ProgramOptions } from '../../testing/openProgram.ts'
import { createScriptedModel, type ScriptedCall, type ScriptedModel } from '../../testing/scriptedModel.ts'

export const actor = { userId: 'anna' }
/** Programs that the test's end closes. */
export const opened: OpenProgram[] = []

export async function closeAll(): Promise<void> {
  await Promise.all(opened.splice(0).map((program) => program.close()))
}

/** One more program, on the storage given; not started. */
export function open(options: ProgramOptions): OpenProgram {
  const program = openProgram(options)
  opened.push(program)
  return program
}

type Storage = { database: Database; queue: JobQueue }
export type Setup = OpenProgram & { model: ScriptedModel; projectId: string }

export const createStorage = (): Storage => createMemoryStorage({ crypto: createNodeCrypto(), clock: realClock })

/** A started program with a project of its own. */
export async function setUp(options: Partial<ProgramOptions> & { pipeline?: string } = {}): Promise<Setup> {
  const model = createScriptedModel()
  const program = open({ provider: model, ...options })
  await program.engine.start({ nobodyElse: false })
  const { projectId } = await program.projects.create(actor, {
    pipeline: options.pipeline ?? 'three',
    input: { text: 'a topic' },
  })
  return { ...program, model, projectId }
}

export async function stageOf({ database, projectId }: Setup, key: string) {
  const look = await database.projectLook(projectId)
  return look!.stages.find((stage) => stage.key === key)!
}

export async function until<T>(
  read: () => Promise<T | false | null | undefined> | T | false | null | undefined,
): Promise<T> {
  for (;;) {
    const found = await read()
    if (found) return found
    await new Promise((resolve) => setImmediate(resolve))
  }
}

export const statusOf = async ({ database }: Pick<Setup, 'database'>, taskId: string) =>
  (await database.taskLook(taskId))!.task.status
export const reaches = (setup: Pick<Setup, 'database'>, taskId: string, status: string) =>
  until(async () => (await statusOf(setup, taskId)) === status)

/** What a call was given: the input, the text before and the instructions. */
export const given = (call: { request: { messages: readonly { content: string }[] } }): unknown =>
  JSON.parse(call.request.messages[0]!.content)

export function answer(call: ScriptedCall, text: string): void {
  call.send(text)
  call.finish()
}

/** A point that the first who comes waits at until it is opened; the others pass. */
export function createGate() {
  const gate = { isReached: false, open: (): void => {}, async pass(): Promise<void> {} }
  const opening = new Promise<void>((resolve) => (gate.open = resolve))
  gate.pass = async () => {
    if (gate.isReached) return
    gate.isReached = true
    await opening
  }
  return gate
}
