import type { PipelineDefinition } from '../../engine/definition.ts'
import { outline } from './outline.ts'
import { briefOf, parseReportInput, titleOfReport } from './reportInput.ts'
import { writing } from './writing.ts'

/** A brief → an outline → the report, section by section. */
export const report = {
  key: 'report',
  parseInput: parseReportInput,
  firstInput: briefOf,
  titleOf: titleOfReport,
  stages: [outline, writing],
} as const satisfies PipelineDefinition
