// Guarantee: the child gets the first signal once from us, its exit code becomes ours, and it does not outlive us as
// long as we are ended by anything but SIGKILL. (Ctrl-C reaches the child from the terminal as well: whatever runs here
// must take a repeated signal for the same one.)
// States: running -> (told to stop -> told again: killed) -> ended.
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'
import { SetupFailure } from './failure.mjs'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** npm passes on the same Ctrl-C that the terminal has already delivered; a person asks again after more than this. */
const SAME_SIGNAL_MS = 2000
const PARENT_CHECK_MS = 250

/** Runs a program in the project's folder with our own input and output; gives its exit code. */
export function runAttached(program, args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: ROOT, env, stdio: 'inherit' })
    const release = passSignals(child)
    child.once('error', (error) => {
      release()
      reject(new SetupFailure(`${program} could not be started: ${error.message}`))
    })
    child.once('exit', (code, signal) => {
      release()
      resolve(code ?? 128 + constants.signals[signal])
    })
  })
}

/**
 * Runs a program to its end and keeps what it says; `echo` shows it at the same time. `missing` is what to tell the user
 * when there is no such program.
 */
export function runCaptured(program, args, { env, echo, missing }) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] })
    const release = passSignals(child)
    let output = ''
    const take = (stream) => (chunk) => {
      output += chunk
      if (echo) stream.write(chunk)
    }
    child.stdout.on('data', take(process.stdout))
    child.stderr.on('data', take(process.stderr))
    child.once('error', (error) => {
      release()
      reject(new SetupFailure(error.code === 'ENOENT' ? missing : `${program} could not be started: ${error.message}`))
    })
    child.once('close', (code, signal) => {
      release()
      if (signal !== null) process.exit(128 + constants.signals[signal])
      resolve({ code, output })
    })
  })
}

function passSignals(child) {
  let toldAt = 0
  const pass = (signal) => {
    if (toldAt === 0) {
      toldAt = Date.now()
      child.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal)
    } else if (Date.now() - toldAt > SAME_SIGNAL_MS) {
      child.kill('SIGKILL')
    }
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, pass)
  const watch = watchForOrphanhood(() => pass('SIGTERM'))
  return () => {
    clearInterval(watch)
    for (const signal of signals) process.removeListener(signal, pass)
  }
}

/**
 * npm that is killed outright cannot pass anything on, and its port and data folder would stay taken by a server nobody
 * sees. Under npm a change of parent means just that; started by hand in a shell it may be what the person wanted.
 */
function watchForOrphanhood(stop) {
  if (process.env.npm_lifecycle_event === undefined) return undefined
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    stop()
  }, PARENT_CHECK_MS)
  timer.unref()
  return timer
}
