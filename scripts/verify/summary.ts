import type { TestCounts } from './vitestReport.ts'

/** How one step ended. `tests` is there for suites, `absent` says why there was nothing to run. */
export interface StepResult {
  name: string
  durationMs: number
  succeeded: boolean
  tests?: TestCounts
  absent?: string
}

/**
 * The closing lines of a run and whether it passed. The last line, when suites ran, is the plain count over all of them:
 * `N passed, N failed` or `N passed, N failed, N skipped`.
 */
export function summarize(
  results: StepResult[],
  { interrupted }: { interrupted: boolean },
): { lines: string[]; passed: boolean } {
  const width = Math.max(...results.map((result) => result.name.length), 0)
  const lines = ['', ...results.map((result) => describeStep(result, width))]
  lines.push(
    ...results.flatMap((result) => result.tests?.failures.map((name) => `FAILED  ${result.name}: ${name}`) ?? []),
  )
  lines.push(...results.flatMap((result) => result.tests?.skips.map((name) => `SKIPPED ${result.name}: ${name}`) ?? []))
  if (interrupted) lines.push('Interrupted: the steps that follow were not run.')
  const suites = results.flatMap((result) => result.tests ?? [])
  if (suites.length > 0) lines.push(countLine(suites))
  const failed = results.some((result) => !result.succeeded || (result.tests?.failures.length ?? 0) > 0)
  return { lines, passed: !failed && !interrupted }
}

function describeStep(result: StepResult, width: number): string {
  const mark = result.absent === undefined ? (result.succeeded ? 'ok    ' : 'FAILED') : 'none  '
  const seconds = `${(result.durationMs / 1000).toFixed(1)} s`.padStart(8)
  const detail = result.absent ?? (result.tests ? `  ${countLine([result.tests])}` : '')
  return `${mark} ${result.name.padEnd(width)} ${seconds} ${detail}`.trimEnd()
}

function countLine(suites: TestCounts[]): string {
  const passed = suites.reduce((sum, suite) => sum + suite.passed, 0)
  const failed = suites.reduce((sum, suite) => sum + suite.failures.length, 0)
  const skipped = suites.reduce((sum, suite) => sum + suite.skips.length, 0)
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}
