import type { StageContext, StageDefinition } from '@stagewright/core'
import { stageContext } from '@stagewright/core/testing'
import type { DemoWriter } from '../demoWriter.ts'
import { callDemo } from './callDemo.ts'

/** The new text of a stage whose model is the demo. */
export async function writeByDemo(
  stage: StageDefinition,
  getWriter: () => DemoWriter,
  over: Partial<StageContext>,
): Promise<string> {
  let text = ''
  for await (const output of stage.run(stageContext({ call: callDemo(getWriter), ...over })))
    if (output.type === 'text') text += output.text
  return text
}
