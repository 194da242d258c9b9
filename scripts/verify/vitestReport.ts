import { existsSync, readFileSync } from 'node:fs'

/** What one run of vitest came to, test by test. */
export interface TestCounts {
  passed: number
  /** Failed tests, and what failed without being one: a file that would not load, a run that broke down. */
  failures: string[]
  skips: string[]
}

interface VitestReport {
  testResults: {
    name: string
    status: string
    message?: string
    assertionResults: { fullName: string; status: string }[]
  }[]
}

/** Reads the JSON report at `path` of a run that ended with `exitCode`. A run without a report counts as a failure. */
export function readVitestReport(path: string, exitCode: number): TestCounts {
  if (!existsSync(path)) return { passed: 0, failures: [`the run ended with ${exitCode} and no report`], skips: [] }
  return countTests(JSON.parse(readFileSync(path, 'utf8')) as VitestReport, exitCode)
}

/** Counts from the list of tests, never from totals, so that every failure and skip has its name. */
export function countTests(report: VitestReport, exitCode: number): TestCounts {
  const tests = report.testResults.flatMap((file) => file.assertionResults)
  const brokenFiles = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some(isFailed),
  )
  const failures = [
    ...tests.filter(isFailed).map(nameOf),
    ...brokenFiles.map((file) => `${file.name} (the file itself)`),
  ]
  // An unhandled rejection, a teardown that threw or a threshold missed fails the run without failing any test.
  if (exitCode !== 0 && failures.length === 0) failures.push(`the run itself (exit code ${exitCode})`)
  const passed = tests.filter((test) => test.status === 'passed').length
  const skips = tests.filter((test) => test.status !== 'passed' && !isFailed(test)).map(nameOf)
  return { passed, failures, skips }
}

function isFailed(test: { status: string }): boolean {
  return test.status === 'failed'
}

function nameOf(test: { fullName: string }): string {
  return test.fullName
}
