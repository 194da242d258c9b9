import type { Actor, ExportFormat } from '@stagewright/core'

/** `content` in base64. */
export type ExportedFile = { name: string; mediaType: string; content: string }

/** Makes a file of one version, or of the present texts of a whole project. */
export type Exporter = (
  actor: Actor,
  request: { projectId: string; format: ExportFormat; rewriteId?: string | undefined },
) => Promise<ExportedFile>
