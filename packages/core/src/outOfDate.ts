/**
 * A stage's rewrite was made from another version of the stage before it than the present one. Null for the rewrite
 * means the stage has none; null for its input means it was made from the user's own text, which nothing can outdate.
 */
export function isOutOfDate(
  rewrite: { inputRewriteId: string | null } | null,
  previousCurrentId: string | null,
): boolean {
  if (rewrite === null || rewrite.inputRewriteId === null) return false
  return rewrite.inputRewriteId !== previousCurrentId
}
