import { expect, test } from 'vitest'
import { compareWays, describeWays, median } from './viewers/compareWays.ts'

test('200 viewers of one text cost at most twice the processor time of raw node:http writing one shared buffer', async () => {
  const compared = await compareWays({ ways: ['raw', 'ours'], viewers: 200, rounds: 7, seconds: 5 })
  console.log(describeWays(compared).join('\n'))
  expect(median(compared[1]!.ratios)).toBeLessThanOrEqual(2)
})
