// `npm run dev`: the server, started anew when its sources change, and the studio with vite's reload in front of it.
// Either ending ends both.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const STUDIO_PORT = '5173'

const port = process.env['PORT'] ?? '3000'
const studioAddress = `http://localhost:${STUDIO_PORT}`
const env = {
  ...process.env,
  PORT: port,
  /** Where the studio's vite.config.ts passes on what is not the studio's. */
  STAGEWRIGHT_DEV_SERVER: `http://127.0.0.1:${port}`,
  PUBLIC_URL: process.env['PUBLIC_URL'] ?? studioAddress,
}

const server = startProgram('apps/server', ['--watch', '--watch-preserve-output', 'src/main.ts'])
const studio = startProgram('apps/web', ['node_modules/vite/bin/vite.js', '--port', STUDIO_PORT, '--strictPort'])
const programs = [server, studio]

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stopAll)
for (const program of programs) {
  program.once('exit', (code) => {
    process.exitCode ??= code ?? 1
    stopAll()
  })
}

function startProgram(folder: string, args: string[]) {
  return spawn(process.execPath, args, { cwd: `${ROOT}${folder}`, env, stdio: 'inherit' })
}

function stopAll(): void {
  for (const program of programs) program.kill('SIGTERM')
}
