// `node scripts/verify.ts [--long] [step…]`: runs the checks of the project one after the other and sums them up.
// Without names it is the whole of `npm test`. One step at a time on purpose: several suites measure times, and all of
// them together on a small machine would measure each other.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { requireSystemParts } from '../tests/support/systemParts.ts'
import { openTestPostgres, type TestPostgres } from '../tests/support/temporaryPostgres.ts'
import { createRunner } from './verify/runner.ts'
import { listSteps, type Step } from './verify/steps.ts'
import { summarize, type StepResult } from './verify/summary.ts'
import { readVitestReport } from './verify/vitestReport.ts'

const names = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const reports = mkdtempSync(join(tmpdir(), 'stagewright-reports-'))
const length = process.argv.includes('--long') ? 'long' : 'short'
const runner = createRunner({ TEST_LENGTH: length })
let postgres: TestPostgres | null = null

try {
  const steps = listSteps(names, length)
  if (steps.some((step) => step.kind === 'suite')) postgres = await prepareForSuites()
  const results: StepResult[] = []
  for (const step of steps) {
    if (runner.isInterrupted()) break
    results.push(await runStep(step))
  }
  const summary = summarize(results, { interrupted: runner.isInterrupted() })
  console.log(summary.lines.join('\n'))
  process.exitCode = summary.passed ? 0 : 1
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  await postgres?.stop()
  rmSync(reports, { recursive: true, force: true })
}

/** One server for all suites of a run: each makes databases of its own in it. */
async function prepareForSuites(): Promise<TestPostgres> {
  requireSystemParts(console.log)
  const server = await openTestPostgres()
  runner.env['TEST_DATABASE_URL'] = server.url
  return server
}

async function runStep(step: Step): Promise<StepResult> {
  console.log(`\n--- ${step.name}`)
  if (step.kind === 'absent') return { name: step.name, durationMs: 0, succeeded: true, absent: step.reason }
  const startedAt = performance.now()
  const report = join(reports, `${step.name.replaceAll(/\W+/g, '-')}.json`)
  const args = step.kind === 'suite' ? [...step.args, `--outputFile.json=${report}`] : step.args
  const code = await runner.run(args, step.folder)
  const base = { name: step.name, durationMs: performance.now() - startedAt, succeeded: code === 0 }
  return step.kind === 'suite' ? { ...base, tests: readVitestReport(report, code) } : base
}
