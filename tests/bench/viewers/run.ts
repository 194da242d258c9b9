/**
 * What viewers of one live text cost the server: node tests/bench/viewers/run.ts [--viewers 200] [--rounds 7]
 * [--seconds 5] [--ways raw,ours]. The ways take turns (A B A B); each server is alone in its process, the viewers in
 * another. Prints processor µs per token and viewer, and the ratio to the first way within each round.
 */
import { parseArgs } from 'node:util'
import { compareWays, describeWays } from './compareWays.ts'

const { values } = parseArgs({
  options: {
    viewers: { type: 'string', default: '200' },
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '5' },
    ways: { type: 'string', default: 'raw,ours' },
  },
})

const compared = await compareWays({
  ways: values.ways.split(','),
  viewers: Number(values.viewers),
  rounds: Number(values.rounds),
  seconds: Number(values.seconds),
})
console.log(describeWays(compared).join('\n'))
