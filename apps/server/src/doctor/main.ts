// `npm run doctor`: what is wrong with an installation, and with `--fix` the mending of what can be mended safely.
import { parseArgs } from 'node:util'
import { BadSetting, loadConfig } from '../config.ts'
import { describeStartFailure } from '../startFailure.ts'
import type { Finding } from './finding.ts'

const usage = `npm run doctor [-- --fix] [--no-calls]
  --fix       mends what can be mended safely; without it, what would be done is only said
  --no-calls  does not call the providers (each is sent one short request)`

const marks = { well: 'ok    ', note: 'note  ', wrong: 'WRONG ' } as const

let wrongs = 0
let mendable = 0
try {
  const given = readArguments()
  if (given.help) say(usage)
  else await run(given)
} catch (error) {
  process.stderr.write(`${describe(error)}\n`)
  process.exitCode = 1
}

async function run({ fix, callsProviders }: { fix: boolean; callsProviders: boolean }): Promise<void> {
  const config = loadConfig()
  say(`${marks.well}settings: all are right.`)
  // Loaded once it is known that there is something to look at: a wrong setting is told at once.
  const { examine } = await import('./examine.ts')
  await examine(config, { callsProviders, tell: (finding) => tell(finding, fix) })
  say(summarize(fix))
  process.exitCode = wrongs > 0 ? 1 : 0
}

/** Says it, and mends it where that is wished; what was mended is no longer wrong. */
async function tell({ level, about, says, mend }: Finding, fix: boolean): Promise<void> {
  say(`${marks[level]}${about}: ${says}`)
  if (level !== 'wrong') return
  wrongs += 1
  if (mend === undefined) return
  mendable += 1
  if (!fix) return say(`      would ${mend.says}`)
  try {
    const wasNeeded = await mend.run()
    say(wasNeeded ? `      mended: ${mend.says}` : '      it has mended itself meanwhile')
    wrongs -= 1
  } catch (error) {
    say(`      ${error instanceof Error ? error.message : String(error)}`)
  }
}

function summarize(fix: boolean): string {
  if (wrongs === 0) return 'All is well.'
  const things = wrongs === 1 ? '1 thing is wrong' : `${wrongs} things are wrong`
  return !fix && mendable > 0 ? `${things}; ${mendable} can be mended: npm run doctor -- --fix` : `${things}.`
}

function readArguments() {
  const options = {
    fix: { type: 'boolean', default: false },
    'no-calls': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  } as const
  const { values } = parseArgs({ options, strict: true })
  return { fix: values.fix, callsProviders: !values['no-calls'], help: values.help }
}

function describe(error: unknown): string {
  if (error instanceof BadSetting) return error.message
  const isArgument = String((error as NodeJS.ErrnoException).code).startsWith('ERR_PARSE_ARGS')
  return isArgument ? `${(error as Error).message}\n${usage}` : describeStartFailure(error)
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
