// Fails unless prisma/migrations make exactly what prisma/schema.prisma says. Prisma's exit code alone is no answer: with
// an engine that died it prints nothing and exits 0, so that only its own words count.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const tool = fileURLToPath(new URL('prisma.mjs', import.meta.url))
const root = new URL('../../../', import.meta.url)
const args = ['migrate', 'diff', '--exit-code']
args.push('--from-migrations', fileURLToPath(new URL('prisma/migrations', root)))
args.push('--to-schema', fileURLToPath(new URL('prisma/schema.prisma', root)))
const { stdout, stderr, status } = spawnSync(process.execPath, [tool, ...args], { encoding: 'utf8' })

if (status === 0 && stdout.includes('No difference detected')) {
  console.log('prisma/migrations and prisma/schema.prisma agree.')
} else {
  process.stderr.write(
    `${stdout}${stderr}\nprisma/migrations and prisma/schema.prisma differ (or could not be compared).\n`,
  )
  process.exitCode = 1
}
