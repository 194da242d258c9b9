import type { PipelineDefinition } from '../../engine/definition.ts'
import { stemOf } from '../../files/fileNames.ts'
import { deliver } from './deliver.ts'
import { documentOf, parseDocumentInput } from './documentInput.ts'
import { extract } from './extract.ts'
import { translate } from './translate.ts'
import { words } from './words.ts'

/** An uploaded document → its segments → each beside its translation → the document in the other language. */
export const document = {
  key: 'document',
  words,
  parseInput: parseDocumentInput,
  // The first stage reads the file itself.
  firstInput: () => '',
  fileOf: (input) => documentOf(input).fileId,
  titleOf: (_, file) => stemOf(file?.name ?? 'Document'),
  stages: [extract, translate, deliver],
} as const satisfies PipelineDefinition
