import { pino, type DestinationStream, type Logger } from 'pino'

export type { Logger } from 'pino'

const secretPaths = [
  'apiKey',
  'password',
  'authorization',
  'cookie',
  'secretKey',
  'metricsToken',
  'webhookSecret',
  'token',
  'connectionString',
  '*.apiKey',
  '*.password',
  '*.authorization',
  '*.cookie',
  '*.secretKey',
  '*.token',
  '*.connectionString',
  'err.headers',
  'err.config',
  'err.request',
  'req.headers',
]

/** One line of JSON per fact on standard error; secrets are cut out wherever a field bears their name. */
export function createLog(level: string, destination: DestinationStream = process.stderr): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: secretPaths, censor: '[redacted]' },
    },
    destination,
  )
}
