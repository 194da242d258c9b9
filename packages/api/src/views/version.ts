import type { RewriteRecord } from '@stagewright/core'

/** A version without its text. */
export function viewVersion(rewrite: RewriteRecord) {
  return {
    rewriteId: rewrite.id,
    no: rewrite.no,
    stage: rewrite.stageKey,
    kind: rewrite.kind,
    ending: rewrite.ending,
    length: rewrite.length,
    sha256: rewrite.sha256,
    summary: rewrite.summary,
    instruction: rewrite.instruction,
    taskId: rewrite.taskId,
    baseRewriteId: rewrite.baseRewriteId,
    inputRewriteId: rewrite.inputRewriteId,
    tokens: rewrite.completionTokens,
    createdAt: rewrite.createdAt.toISOString(),
    closedAt: rewrite.closedAt?.toISOString() ?? null,
  }
}

export type VersionView = ReturnType<typeof viewVersion>
