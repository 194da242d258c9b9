import type { PipelineDefinition } from '../../engine/definition.ts'
import { outline } from './outline.ts'
import { briefOf, parseReportInput, titleOfReport, briefLimit } from './reportInput.ts'
import { writing } from './writing.ts'
import { words } from './words.ts'

/** A brief → an outline → the report, section by section. */
export const report = {
  key: 'report',
  words,
  text: { field: 'brief', limit: briefLimit },
  parseInput: parseReportInput,
  firstInput: briefOf,
  titleOf: titleOfReport,
  stages: [outline, writing],
} as const satisfies PipelineDefinition
