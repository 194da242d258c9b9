/** Limits and paces of the engine. Times in milliseconds. Defaults are those of the product's description. */
export type EngineSettings = {
  /** Tasks this process runs at once. */
  workerSlots: number
  /** Running tasks per user. */
  tasksAtOnce: number
  /** Queued tasks per user, per project (behind the running one) and in all. */
  queueLimit: number
  projectQueueLimit: number
  queueLimitTotal: number
  /** Provider calls per user and hour. */
  callsPerHour: number
  /** From the first claim, waiting for a review not counted. */
  taskTimeoutMs: number
  firstTokenTimeoutMs: number
  textIdleTimeoutMs: number
  queuedTimeoutMs: number
  waitingTimeoutMs: number
  /** How long text may wait before it is made durable, and how much of it (UTF-16 units). */
  durableTickMs: number
  durableTickLength: number
  /** How long, and how much text (UTF-16 units), a worker holds while the database is away. */
  outageMs: number
  outageLength: number
  /** Crashes in a row without progress that end a task. */
  crashLimit: number
  /** Provider calls inside one attempt of a stage, all before the first token. */
  callTries: number
  retryDelayMs: number
  retryAfterCapMs: number
  fetchEveryMs: number
  touchEveryMs: number
  cancelCheckEveryMs: number
  superviseEveryMs: number
  /** A worker that has not renewed a job for so long has lost it. */
  leaseMs: number
  sweepEveryMs: number
  /** What a worker has to end a task that was asked to stop, before the canceller ends it. */
  cancelGraceMs: number
  /** Messages to the outside are looked for when they are rung for or due. This is how often besides, for what was missed. */
  outboxSweepMs: number
  /** Between two looks that nobody rang for. */
  outboxPauseMs: number
  /** How many messages are sent at once, and how long one may take. */
  deliveriesAtOnce: number
  deliveryTimeoutMs: number
  /** Before a job is sent to its processor again: at first, and at most. It doubles. */
  jobRetryMs: number
  jobRetryMostMs: number
  /** The same for webhooks, where it grows by five. */
  webhookRetryMs: number
  webhookRetryMostMs: number
  /** A webhook through which nothing has come for so long is switched off. */
  webhookFailingMs: number
  /** How long the log of deliveries is kept. */
  deliveryAgeMs: number
  idempotencyKeyAgeMs: number
  /** How often keys beyond that age are forgotten. */
  forgetEveryMs: number
}

const minute = 60_000
const hour = 60 * minute

export const defaultSettings: EngineSettings = {
  workerSlots: 20,
  tasksAtOnce: 3,
  queueLimit: 50,
  projectQueueLimit: 5,
  queueLimitTotal: 1_000,
  callsPerHour: 100,
  taskTimeoutMs: 30 * minute,
  firstTokenTimeoutMs: minute,
  textIdleTimeoutMs: minute,
  queuedTimeoutMs: 24 * hour,
  waitingTimeoutMs: 7 * 24 * hour,
  durableTickMs: 250,
  durableTickLength: 4_096,
  outageMs: minute,
  outageLength: 4 * 1_024 * 1_024,
  crashLimit: 3,
  callTries: 3,
  retryDelayMs: 500,
  retryAfterCapMs: minute,
  fetchEveryMs: 1_000,
  touchEveryMs: 2_000,
  cancelCheckEveryMs: 500,
  superviseEveryMs: 2_000,
  leaseMs: 10_000,
  sweepEveryMs: 15_000,
  cancelGraceMs: 1_000,
  outboxSweepMs: 30_000,
  outboxPauseMs: 1_000,
  deliveriesAtOnce: 20,
  deliveryTimeoutMs: 10_000,
  jobRetryMs: 1_000,
  jobRetryMostMs: minute,
  // 5 s, 25 s, 2 min, 10 min, 52 min, 4.3 h, 8 h, 8 h: nine tries in about 22 hours.
  webhookRetryMs: 5_000,
  webhookRetryMostMs: 8 * hour,
  webhookFailingMs: 3 * 24 * hour,
  deliveryAgeMs: 30 * 24 * hour,
  idempotencyKeyAgeMs: 24 * hour,
  forgetEveryMs: hour,
}
