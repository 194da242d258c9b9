/** What can be set of the feed; times in milliseconds. */
export type FeedOptions = {
  /** False: text of this process reaches viewers from storage only. For tests of the one code path. */
  localTails?: boolean
  /** How late the event loop is, in milliseconds: frames grow with it. */
  loopDelayMs?: () => number
  /** How long the bell is trusted in silence (2 s), and while text of this process flows (10 s). */
  silenceMs?: number
  flowingMs?: number
  /** How long hubs and tails are kept after their last follower (30 s). */
  graceMs?: number
  /** How often `recheck` is asked (4 s: streams end within 5 s of a revocation). */
  recheckMs?: number
  /** Told of failures that stop nothing, such as a look that storage refused. */
  onError?: (error: unknown) => void
}
