/** Kinds of project that begin with a text. */
export const textKinds = {
  story: { firstStage: 'rewrite', inputField: 'text', textLimit: 50_000 },
  report: { firstStage: 'outline', inputField: 'brief', textLimit: 20_000 },
  code: { firstStage: 'plan', inputField: 'requirement', textLimit: 5_000 },
} as const satisfies Record<string, { firstStage: string; inputField: string; textLimit: number }>

/** What the studio knows of each pipeline before a project of it exists. The server has the last word. */
export const pipelineKinds = {
  ...textKinds,
  document: { firstStage: 'extract' },
} as const satisfies Record<string, { firstStage: string }>

export type TextKind = keyof typeof textKinds
export type PipelineKind = keyof typeof pipelineKinds

export function isPipelineKind(key: unknown): key is PipelineKind {
  return typeof key === 'string' && Object.hasOwn(pipelineKinds, key)
}

export function isTextKind(key: unknown): key is TextKind {
  return typeof key === 'string' && Object.hasOwn(textKinds, key)
}

/** What an app can be asked for beside its requirement. */
export type AppOptions = { packageName: string; qualityThreshold: number; skipValidation: boolean; preview: boolean }

export const defaultAppOptions: AppOptions = {
  packageName: 'app',
  qualityThreshold: 70,
  skipValidation: false,
  preview: true,
}
