import { loadConfig } from './config.ts'
import { createLog } from './log.ts'
import { describeStartFailure } from './startFailure.ts'

/** A stop that takes longer than this is broken. Milliseconds. */
const stopWithinMs = 10_000

try {
  const config = loadConfig()
  const log = createLog(config.logLevel)
  const { lockFolder } = await import('@stagewright/db/folderLock')
  const lock = config.databaseUrl === null ? await lockFolder(config.dataDir) : undefined
  // Loaded once it is known that the server may start: a wrong setting or a locked folder is told at once.
  const { startServer } = await import('./server.ts')
  const server = await startServer(config, log, {
    lock,
    onFailure(error) {
      log.fatal({ err: error }, 'The server cannot go on and ends.')
      process.exit(1)
    },
  })
  let isStopping = false
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    // A terminal's Ctrl-C reaches the whole group, and those who started us pass it on: it is one wish.
    if (isStopping) return
    isStopping = true
    log.info({ signal }, 'Stopping: running tasks are handed back.')
    setTimeout(() => process.exit(1), stopWithinMs).unref()
    await server.stop()
    process.exit(0)
  }
  process.on('SIGTERM', (signal) => void stop(signal))
  process.on('SIGINT', (signal) => void stop(signal))
  process.stdout.write(`Stagewright is ready: ${server.url}\n`)
} catch (error) {
  process.stderr.write(`${describeStartFailure(error)}\n`)
  process.exit(1)
}
