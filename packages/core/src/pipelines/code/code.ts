import type { PipelineDefinition } from '../../engine/definition.ts'
import { parseCodeInput, requirementOf, titleOfCode, requirementLimit } from './codeInput.ts'
import { execute } from './execute.ts'
import { generate } from './generate.ts'
import { plan } from './plan.ts'
import { validate } from './validate.ts'
import { words } from './words.ts'

/** A requirement → a plan → the app's specification → its review → the app's files. */
export const code = {
  key: 'code',
  words,
  text: { field: 'requirement', limit: requirementLimit },
  parseInput: parseCodeInput,
  firstInput: requirementOf,
  titleOf: titleOfCode,
  stages: [plan, execute, validate, generate],
} as const satisfies PipelineDefinition
