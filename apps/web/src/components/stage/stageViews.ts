import type { Component } from 'vue'
import CameraTable from './CameraTable.vue'
import MarkdownText from './MarkdownText.vue'
import RawText from './RawText.vue'
import ShotTable from './ShotTable.vue'

/** How a stage's text is shown. Every view takes `text` and `isStreaming`. A new stage adds its line here. */
export type StageLook = { view: Component<{ text: string; isStreaming: boolean }>; isRows: boolean }

const looks: Readonly<Record<string, StageLook>> = {
  rewrite: { view: MarkdownText, isRows: false },
  storyboard: { view: ShotTable, isRows: true },
  camera: { view: CameraTable, isRows: true },
}

/** The view of a stage; one the studio does not know is shown as plain text. */
export function lookOfStage(stageKey: string): StageLook {
  return looks[stageKey] ?? { view: RawText, isRows: false }
}
