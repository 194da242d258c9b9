import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../apps/server/src/doctor/main.ts', import.meta.url))

export type Diagnosis = { code: number | null; said: string }

/** `npm run doctor` without the npm: its words and its exit code. */
export function callDoctor(environment: Readonly<Record<string, string>>, ...args: string[]): Promise<Diagnosis> {
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], ...unset, ...environment }
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [MAIN, ...args], { env }, (_error, out, err) =>
      resolve({ code: child.exitCode, said: out + err }),
    )
  })
}

/** A developer's .env file fills in only what is not set. */
const unset = Object.fromEntries(
  ['DATABASE_URL', 'REDIS_URL', 'SECRET_KEY', 'OPENAI_BASE_URL', 'OPENAI_API_KEY', 'OPENAI_MODEL'].map((name) => [
    name,
    '',
  ]),
)
