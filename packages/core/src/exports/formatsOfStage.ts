import type { StageDefinition } from '../engine/definition.ts'
import type { ExportFormat } from './exportFormats.ts'

/** The forms one version of a stage can be had in. */
export function formatsOfStage({ format, readTable, readCues, readFiles }: StageDefinition): ExportFormat[] {
  const formats: ExportFormat[] = ['md', 'docx', 'html']
  if (format === 'json') formats.push('json')
  if (readTable !== undefined) formats.push('csv')
  if (readCues !== undefined) formats.push('srt')
  if (readFiles !== undefined) formats.push('zip')
  return formats
}
