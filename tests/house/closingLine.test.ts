import { expect, test } from 'vitest'
import { summarize } from '../../scripts/verify/summary.ts'
import { countTests } from '../../scripts/verify/vitestReport.ts'

function report(statuses: string[], fileStatus = 'passed') {
  const assertionResults = statuses.map((status, index) => ({ fullName: `test ${index} ${status}`, status }))
  return { testResults: [{ name: 'a.test.ts', status: fileStatus, assertionResults }] }
}

const base = { name: 'unit core', durationMs: 1000, succeeded: true }

test('R5 the counts are those of the tests, and every failure and skip is named', () => {
  const tests = countTests(report(['passed', 'passed', 'failed', 'skipped', 'todo'], 'failed'), 1)
  expect(tests).toEqual({ passed: 2, failures: ['test 2 failed'], skips: ['test 3 skipped', 'test 4 todo'] })
  const summary = summarize([{ ...base, succeeded: false, tests }], { interrupted: false })
  expect(summary.lines.at(-1)).toBe('2 passed, 1 failed, 2 skipped')
  expect(summary.lines).toContain('FAILED  unit core: test 2 failed')
  expect(summary.lines).toContain('SKIPPED unit core: test 3 skipped')
  expect(summary.passed).toBe(false)
})

test('the counts of all suites are added up', () => {
  const tests = countTests(report(['passed', 'passed']), 0)
  const summary = summarize(
    [
      { ...base, tests },
      { ...base, tests },
    ],
    { interrupted: false },
  )
  expect(summary.lines.at(-1)).toBe('4 passed, 0 failed')
  expect(summary.passed).toBe(true)
})

test('R5 a file that does not load and a run that breaks down are failures', () => {
  expect(countTests(report([], 'failed'), 1).failures).toEqual(['a.test.ts (the file itself)'])
  expect(countTests(report(['passed']), 1).failures).toEqual(['the run itself (exit code 1)'])
})

test('a failed step without tests fails the whole, and so does an interruption', () => {
  const tests = countTests(report(['passed']), 0)
  const types = { name: 'types', durationMs: 1, succeeded: false }
  expect(summarize([types, { ...base, tests }], { interrupted: false }).passed).toBe(false)
  expect(summarize([{ ...base, tests }], { interrupted: true }).passed).toBe(false)
})
