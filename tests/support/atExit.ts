/** Whatever must not outlive the process of the tests; one listener for all, however many there are. */
const ends = new Set<() => void>()
process.once('exit', () => {
  for (const end of ends) end()
})

/** Does `end` when the process ends, unless it was taken back by what this gives. `end` must be synchronous. */
export function atExit(end: () => void): () => void {
  ends.add(end)
  return () => void ends.delete(end)
}
