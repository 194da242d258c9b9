import type { ExportFormat } from '../../types.ts'

const prose: readonly ExportFormat[] = ['docx', 'md', 'html']
const formats: Readonly<Record<string, readonly ExportFormat[]>> = {
  storyboard: [...prose, 'csv', 'srt', 'json'],
  camera: [...prose, 'csv', 'json'],
  plan: [...prose, 'csv', 'json'],
  execute: [...prose, 'csv', 'json'],
  validate: [...prose, 'csv', 'json'],
  generate: ['zip', ...prose],
  extract: [...prose, 'csv', 'json'],
  translate: [...prose, 'csv', 'json'],
  deliver: [...prose, 'json'],
}

/** What a version of the stage can be had as; a test compares it with what the server makes. */
export function formatsOfStage(stageKey: string): readonly ExportFormat[] {
  return formats[stageKey] ?? prose
}
