import type { Component } from 'vue'
import type { ExportFormat } from '../../types.ts'
import CameraTable from './CameraTable.vue'
import MarkdownText from './MarkdownText.vue'
import RawText from './RawText.vue'
import ShotTable from './ShotTable.vue'

/** How a stage's text is shown, and what it can be had as. A new stage adds its line here. */
export type StageLook = {
  view: Component<{ text: string; isStreaming: boolean }>
  isRows: boolean
  formats: readonly ExportFormat[]
}

const prose: readonly ExportFormat[] = ['docx', 'md', 'html']
const looks: Readonly<Record<string, StageLook>> = {
  rewrite: { view: MarkdownText, isRows: false, formats: prose },
  storyboard: { view: ShotTable, isRows: true, formats: [...prose, 'csv', 'srt', 'json'] },
  camera: { view: CameraTable, isRows: true, formats: [...prose, 'csv', 'json'] },
}

/** The view of a stage; one the studio does not know is shown as plain text. */
export function lookOfStage(stageKey: string): StageLook {
  return looks[stageKey] ?? { view: RawText, isRows: false, formats: prose }
}
