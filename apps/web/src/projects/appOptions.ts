/** What an app can be asked for beside its requirement. */
export type AppOptions = { packageName: string; qualityThreshold: number; skipValidation: boolean; preview: boolean }

export const defaultAppOptions: AppOptions = {
  packageName: 'app',
  qualityThreshold: 70,
  skipValidation: false,
  preview: true,
}
