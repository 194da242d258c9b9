import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'

const seconds = [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60]
const lagSeconds = [0.005, 0.01, 0.02, 0.033, 0.05, 0.1, 0.25, 0.5, 1, 2.5]

export type Instruments = ReturnType<typeof createInstruments>

/** What is counted where it happens; `docs/operations.md` says what each is for. Labels are few and closed. */
export function createInstruments() {
  const register = new Registry()
  collectDefaultMetrics({ register })
  const registers = [register]
  const counter = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Counter({ name: `stagewright_${name}`, help, labelNames, registers })
  const histogram = <L extends string>(name: string, help: string, { labelNames, buckets }: Shape<L>) =>
    new Histogram({ name: `stagewright_${name}`, help, labelNames, buckets, registers })
  return {
    register,
    gauge: <L extends string>(name: string, help: string, labelNames: L[] = []) =>
      new Gauge({ name: `stagewright_${name}`, help, labelNames, registers }),
    tasksCreated: counter('tasks_created_total', 'Tasks created by this process.', []),
    tasksEnded: counter('tasks_ended_total', 'Tasks ended by this process, with the code of a failure.', [
      'status',
      'code',
    ]),
    calls: counter('provider_calls_total', 'Calls of a provider that have ended, by what came of them.', [
      'provider',
      'outcome',
    ]),
    firstToken: histogram('first_token_seconds', 'From a call to its first text.', {
      labelNames: ['provider'],
      buckets: seconds,
    }),
    lag: histogram(
      'stream_lag_seconds',
      'From text coming from the provider to its frame taken by a viewer (sampled).',
      {
        labelNames: [],
        buckets: lagSeconds,
      },
    ),
    follows: counter('follows_total', 'Live connections begun; returning ones came with a cursor.', [
      'transport',
      'kind',
    ]),
    refused: counter('viewers_refused_total', 'Live connections refused by a limit.', ['transport']),
  }
}

type Shape<L extends string> = { labelNames: L[]; buckets: number[] }
