/** The longest story input, in characters as a reader counts them. The server has the last word. */
export const storyTextLimit = 50_000

/** Code points, as the server counts them: an emoji is one, not two. */
export function countCharacters(text: string): number {
  return Array.from(text).length
}
