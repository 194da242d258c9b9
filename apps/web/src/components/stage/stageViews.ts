import type { Component } from 'vue'
import AppPlan from './AppPlan.vue'
import AppSpec from './AppSpec.vue'
import CameraTable from './CameraTable.vue'
import DeliveredFile from './DeliveredFile.vue'
import FileTree from './FileTree.vue'
import MarkdownText from './MarkdownText.vue'
import PairTable from './PairTable.vue'
import RawText from './RawText.vue'
import ReviewTable from './ReviewTable.vue'
import SectionedText from './SectionedText.vue'
import SegmentTable from './SegmentTable.vue'
import ShotTable from './ShotTable.vue'

/** How a stage's text is shown. A new stage adds its line here. */
export type StageLook = {
  view: Component<{ text: string; isStreaming: boolean }>
  isRows: boolean
  /**
   * What its view offers: to write one part of the text anew (`canRewrite`), to change the text (`canChange`), or one part
   * of it (`canChangePart`).
   */
  offers?: readonly ('rewrite' | 'change' | 'changePart')[]
  /** Nobody edits it as one text: it is long and changed part by part, or says what is a fact. */
  isFixed?: true
  /** No model writes it: there is nothing to wish for. */
  takesNoWish?: true
  /** A finished text is an app that can be tried in a frame. */
  hasFrame?: true
}

const looks: Readonly<Record<string, StageLook>> = {
  rewrite: { view: MarkdownText, isRows: false },
  storyboard: { view: ShotTable, isRows: true },
  camera: { view: CameraTable, isRows: true },
  outline: { view: MarkdownText, isRows: false },
  report: { view: SectionedText, isRows: false, offers: ['rewrite'] },
  plan: { view: AppPlan, isRows: true, offers: ['change'] },
  execute: { view: AppSpec, isRows: true, offers: ['change'] },
  validate: { view: ReviewTable, isRows: true },
  generate: { view: FileTree, isRows: false, offers: ['rewrite'], hasFrame: true },
  extract: { view: SegmentTable, isRows: true, offers: ['changePart'], isFixed: true, takesNoWish: true },
  translate: { view: PairTable, isRows: true, offers: ['rewrite', 'changePart'], isFixed: true },
  deliver: { view: DeliveredFile, isRows: true, isFixed: true, takesNoWish: true },
}

/** The view of a stage; one the studio does not know is shown as plain text. */
export function lookOfStage(stageKey: string): StageLook {
  return looks[stageKey] ?? { view: RawText, isRows: false }
}
