/** How much of everything is done: the short form in `npm test`, the full one in `npm run test:chaos`. */
const short = {
  embeddedKills: 4,
  postgresKills: 1,
  /** Kills of workers beside others. */
  workerKills: 1,
  workerKillsWithRedis: 2,
  workerPauses: 1,
  rollingRestarts: 1,
  /** How long the database is away, each time. */
  awaysMs: [5_000, 0],
  /** Connections to the database that are cut before the answer. */
  lostAnswers: 12,
  redisFaults: 4,
  redisFaultMs: 2_500,
  cuts: 24,
  stops: 20,
  /** Stops of a task that runs in another process. */
  processStops: 10,
  tasksAtOnce: 200,
  neverReaders: 10,
  documentPages: 20,
  documentMegabytes: 0.25,
  /** Tokens of the text whose statements are counted; bounds are in proportion. */
  countedTokens: 150,
  /** Times may be so many times what they must be on a quiet machine. */
  patience: 10,
}

export type Counts = typeof short

const full: Counts = {
  embeddedKills: 30,
  postgresKills: 5,
  workerKills: 100,
  workerKillsWithRedis: 100,
  workerPauses: 20,
  rollingRestarts: 10,
  awaysMs: [30_000, 0, 5_000, 0, 1_000, 0, 0, 30_000, 0, 0],
  lostAnswers: 500,
  redisFaults: 40,
  redisFaultMs: 8_000,
  cuts: 200,
  stops: 200,
  processStops: 200,
  tasksAtOnce: 200,
  neverReaders: 100,
  documentPages: 200,
  documentMegabytes: 20,
  countedTokens: 1_000,
  patience: 1,
}

export const isFull = process.env['TEST_LENGTH'] === 'long'
export const counts: Counts = isFull ? full : short
