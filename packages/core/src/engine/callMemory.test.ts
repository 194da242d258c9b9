import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, expect, it } from 'vitest'
import { actor, closeAll, createGate, setUp, until } from './testing/setUp.ts'

afterEach(closeAll)

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

it('E52 a running call keeps nothing of the pieces it has passed on', async () => {
  const count = 200
  const gate = createGate()
  const pieces: WeakRef<object>[] = []
  const setup = await setUp({
    provider: {
      async *stream() {
        yield { type: 'sent', providerId: 'p', providerName: 'P', model: 'm' }
        for (let piece = 0; piece < count; piece++) {
          const event = { type: 'text' as const, text: `piece ${piece} ` }
          pieces.push(new WeakRef(event))
          yield event
        }
        await gate.pass()
        return { type: 'finished', reason: 'stop', usage: null }
      },
    },
  })
  const { taskId } = await setup.engine.create(actor, { projectId: setup.projectId, stages: ['first'] })
  await until(() => gate.isReached)
  await new Promise((resolve) => setTimeout(resolve, 10))
  collect()
  // The last one may still be in hand.
  expect(pieces.filter((piece) => piece.deref() !== undefined).length).toBeLessThanOrEqual(1)
  gate.open()
  expect(await setup.endOf(taskId)).toMatchObject({ status: 'completed' })
})
