import type { StageContext } from '../engine/definition.ts'

/** What a stage is given, for tests that run one alone; what it must not ask for throws. */
export function stageContext(over: Partial<StageContext> = {}): StageContext {
  const notHere = (): never => {
    throw new Error('not expected here')
  }
  return {
    projectInput: {},
    input: '',
    earlier: {},
    presentText: null,
    instructions: [],
    keptText: '',
    checkpoint: null,
    part: null,
    call: notHere,
    readDocument: notHere,
    deliverDocument: notHere,
    ...over,
  }
}
