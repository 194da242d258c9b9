import type { MessageKey, Translate } from '../../i18n.ts'

const names: Record<string, MessageKey> = {
  rewrite: 'stage.rewrite',
  storyboard: 'stage.storyboard',
  camera: 'stage.camera',
  outline: 'stage.outline',
  report: 'stage.report',
  plan: 'stage.plan',
  execute: 'stage.execute',
  validate: 'stage.validate',
  generate: 'stage.generate',
  extract: 'stage.extract',
  translate: 'stage.translate',
  deliver: 'stage.deliver',
}

/** A stage's name in the user's language; one the studio does not know yet is called by its key. */
export function nameStage(key: string, t: Translate): string {
  const name = names[key]
  return name === undefined ? key : t(name)
}
