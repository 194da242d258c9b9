// The way into the project from a fresh clone: `node scripts/bootstrap.mjs <command>`, called by the npm scripts.
//
// Runs under any Node from 16 on, with nothing installed. It brings Node and pnpm through npm where they are missing,
// installs the dependencies when the lock file has changed, and then runs the command under the right Node as a direct
// child: the npm -> pnpm -> npm chains in between would lose signals and exit codes.
import { runAttached } from './bootstrap/child.mjs'
import { buildWhatChanged } from './bootstrap/build.mjs'
import { explain, SetupFailure } from './bootstrap/failure.mjs'
import { installDependencies } from './bootstrap/install.mjs'
import { provideTools } from './bootstrap/tools.mjs'

/** What runs under the project's Node for each command; some have a build before it. */
const COMMANDS = {
  setup: [],
  build: [],
  start: ['apps/server/src/main.ts'],
  dev: ['scripts/dev.ts'],
  cluster: ['scripts/cluster.ts'],
  doctor: ['apps/server/src/doctor/main.ts'],
  test: ['scripts/verify.ts'],
  check: ['scripts/verify.ts', 'types', 'lint', 'direction', 'format', 'schema'],
  format: ['node_modules/oxfmt/bin/oxfmt', '.'],
  bench: ['scripts/verify.ts', '--long', 'build', 'bench'],
  chaos: ['scripts/verify.ts', '--long', 'build', 'chaos'],
  soak: ['scripts/verify.ts', '--long', 'build', 'soak'],
}

async function main([command, ...rest]) {
  if (command !== 'exec' && !Object.keys(COMMANDS).includes(command)) {
    throw new SetupFailure(`Unknown command "${command}"; there are: exec ${Object.keys(COMMANDS).join(' ')}`)
  }
  const tools = await provideTools()
  await installDependencies(tools)
  // `exec` runs any program with the project's Node and pnpm on the PATH.
  if (command === 'exec') return runAttached(rest[0], rest.slice(1), tools.env)
  if (command === 'setup') return 0
  if (['build', 'start', 'dev', 'cluster', 'doctor'].includes(command)) await buildWhatChanged(tools)
  if (command === 'build') return 0
  return runAttached(tools.node, [...COMMANDS[command], ...rest], tools.env)
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code
  },
  (error) => {
    console.error(explain(error))
    process.exitCode = 1
  },
)
