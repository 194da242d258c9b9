/** Code points, as the server counts them: an emoji is one, not two. */
export function countCharacters(text: string): number {
  return Array.from(text).length
}
