import { existsSync } from 'node:fs'
import { isIP } from 'node:net'
import path from 'node:path'
import { defaultSettings, type EngineSettings } from '@stagewright/core'
import { z } from 'zod'
import type { Bucket } from './files/bucketStore.ts'
import { isSecret } from './outside/signatures.ts'
import type { ViewerLimits } from './live/viewerPlaces.ts'

/** A setting is missing or wrong; the message is one sentence for whoever starts the server. */
export class BadSetting extends Error {
  override readonly name = 'BadSetting'
}

const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .pipe(z.number().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`))

const timeMs = wholeNumber(1, 24 * 3_600_000)
const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' })
const yesNo = z
  .enum(['true', 'false', '1', '0'], 'must be true or false')
  .transform((value) => value === 'true' || value === '1')

const networkAddress = z
  .string()
  .refine(isNetwork, 'must be addresses or CIDR ranges with commas between them, as 127.0.0.1, 10.0.0.0/8')

/** Every setting the server reads, as the environment gives it. `.env.example` has them all. */
export const settingsSchema = z.object({
  PORT: wholeNumber(0, 65_535).default(3_000),
  ROLE: z.enum(['all', 'api', 'worker'], 'must be all, api or worker').default('all'),
  HOST: z.string().min(1).default('127.0.0.1'),
  DATA_DIR: z.string().min(1).default('./data'),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must begin with postgres:// or postgresql://')
    .optional(),
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\//, 'must begin with redis:// or rediss://')
    .optional(),
  FILES_BUCKET: z.string().min(1).optional(),
  FILES_ENDPOINT: httpUrl.optional(),
  FILES_REGION: z.string().min(1).default('us-east-1'),
  FILES_ACCESS_KEY: z.string().min(1).optional(),
  FILES_SECRET_KEY: z.string().min(1).optional(),
  SECRET_KEY: z.string().min(32, 'must have at least 32 characters').optional(),
  PUBLIC_URL: httpUrl.optional(),
  ALLOWED_ORIGINS: z.string().optional(),
  TRUSTED_PROXIES: z.string().transform(listOf).pipe(z.array(networkAddress)).optional(),
  OPENAI_BASE_URL: httpUrl.optional(),
  OPENAI_API_KEY: z.string().min(1).optional(),
  OPENAI_MODEL: z.string().min(1).optional(),
  ALLOW_PRIVATE_PROVIDERS: yesNo.default(false),
  WEBHOOK_SECRET: z.string().refine(isSecret, 'must be whsec_ followed by 24 bytes or more in base64').optional(),
  WORKER_SLOTS: wholeNumber(1, 1_000).default(defaultSettings.workerSlots),
  TASKS_AT_ONCE: wholeNumber(1, 1_000).default(defaultSettings.tasksAtOnce),
  QUEUE_LIMIT: wholeNumber(1, 100_000).default(defaultSettings.queueLimit),
  QUEUE_LIMIT_TOTAL: wholeNumber(1, 1_000_000).default(defaultSettings.queueLimitTotal),
  CALLS_PER_HOUR: wholeNumber(1, 1_000_000).default(defaultSettings.callsPerHour),
  TASK_TIMEOUT_MS: timeMs.default(defaultSettings.taskTimeoutMs),
  FIRST_TOKEN_TIMEOUT_MS: timeMs.default(defaultSettings.firstTokenTimeoutMs),
  TEXT_IDLE_TIMEOUT_MS: timeMs.default(defaultSettings.textIdleTimeoutMs),
  VIEWERS_LIMIT: wholeNumber(1, 1_000_000).default(2_500),
  VIEWERS_LIMIT_TOTAL: wholeNumber(1, 1_000_000).default(10_000),
  METRICS_TOKEN: z.string().min(16, 'must have at least 16 characters').optional(),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
})

export type Config = {
  /** `api` serves people and services and runs no tasks; `worker` runs tasks and serves only its health. */
  role: 'all' | 'api' | 'worker'
  port: number
  host: string
  dataDir: string
  databaseUrl: string | null
  redisUrl: string | null
  /** Where files are kept; null: in the data folder. */
  bucket: Bucket | null
  secretKey: string | null
  publicUrl: string | null
  allowedOrigins: string[]
  /** Addresses and CIDR ranges; who calls from one of them is believed when it says for whom. */
  trustedProxies: string[]
  /** A provider named by the environment; null when none is. */
  provider: { baseUrl: string; apiKey: string; model: string } | null
  allowPrivateProviders: boolean
  /** Signs messages to processors beside each one's own secret, and theirs instead of it; null: nothing does. */
  webhookSecret: string | null
  engine: EngineSettings
  viewers: ViewerLimits
  /** Who bears it may read /metrics; null: only this machine may. */
  metricsToken: string | null
  logLevel: string
}

const envFile = path.resolve(import.meta.dirname, '../../../.env')

/** The settings of this process: its environment, and for what is not set there the file `.env` beside the README. */
export function loadConfig(): Config {
  if (existsSync(envFile)) process.loadEnvFile(envFile)
  return readConfig(process.env)
}

/** Reads the settings. Throws {@link BadSetting} naming the first wrong one. Empty values count as unset. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value.trim() !== ''),
  )
  const parsed = settingsSchema.safeParse(given)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw new BadSetting(
      `The setting ${String(issue?.path[0])} is not right: it ${issue?.message.replace(/^Invalid.*: /, 'is invalid: ')}.`,
    )
  }
  const settings = parsed.data
  if (settings.DATABASE_URL !== undefined && settings.SECRET_KEY === undefined) {
    throw new BadSetting(
      'With DATABASE_URL set, SECRET_KEY is needed too (32 characters or more, the same for every process): make one with "openssl rand -hex 32".',
    )
  }
  if (settings.ROLE !== 'all' && settings.DATABASE_URL === undefined) {
    throw new BadSetting(
      `With ROLE=${settings.ROLE}, DATABASE_URL is needed too: the embedded database belongs to one process, which has every role.`,
    )
  }
  return {
    role: settings.ROLE,
    port: settings.PORT,
    host: settings.HOST,
    dataDir: path.resolve(settings.DATA_DIR),
    databaseUrl: settings.DATABASE_URL ?? null,
    redisUrl: settings.REDIS_URL ?? null,
    bucket: readBucket(settings),
    secretKey: settings.SECRET_KEY ?? null,
    publicUrl: settings.PUBLIC_URL ?? null,
    allowedOrigins: readOrigins(settings.ALLOWED_ORIGINS),
    trustedProxies: settings.TRUSTED_PROXIES ?? [],
    provider: readProvider(settings),
    allowPrivateProviders: settings.ALLOW_PRIVATE_PROVIDERS,
    webhookSecret: settings.WEBHOOK_SECRET ?? null,
    engine: {
      ...defaultSettings,
      workerSlots: settings.WORKER_SLOTS,
      tasksAtOnce: settings.TASKS_AT_ONCE,
      queueLimit: settings.QUEUE_LIMIT,
      queueLimitTotal: settings.QUEUE_LIMIT_TOTAL,
      callsPerHour: settings.CALLS_PER_HOUR,
      taskTimeoutMs: settings.TASK_TIMEOUT_MS,
      firstTokenTimeoutMs: settings.FIRST_TOKEN_TIMEOUT_MS,
      textIdleTimeoutMs: settings.TEXT_IDLE_TIMEOUT_MS,
    },
    viewers: { viewersOfUser: settings.VIEWERS_LIMIT, viewersTotal: settings.VIEWERS_LIMIT_TOTAL },
    metricsToken: settings.METRICS_TOKEN ?? null,
    logLevel: settings.LOG_LEVEL,
  }
}

/** What stands between commas. */
function listOf(text: string): string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
}

/** An address, or one with the length of its prefix. One of 0 would believe everybody. */
function isNetwork(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0) return false
  if (prefix === undefined) return true
  return /^\d{1,3}$/.test(prefix) && Number(prefix) >= 1 && Number(prefix) <= (version === 4 ? 32 : 128)
}

function readOrigins(list: string | undefined): string[] {
  return listOf(list ?? '').map((origin) => {
    if (!URL.canParse(origin))
      throw new BadSetting(
        `The setting ALLOWED_ORIGINS is not right: "${origin}" is not an address like https://studio.example.com.`,
      )
    return new URL(origin).origin
  })
}

/** All of what a bucket needs, or none of it. */
function readBucket(settings: z.output<typeof settingsSchema>): Bucket | null {
  const { FILES_BUCKET: name, FILES_ENDPOINT: endpoint, FILES_REGION: region } = settings
  const { FILES_ACCESS_KEY: accessKey, FILES_SECRET_KEY: secretKey } = settings
  const given = {
    FILES_BUCKET: name,
    FILES_ENDPOINT: endpoint,
    FILES_ACCESS_KEY: accessKey,
    FILES_SECRET_KEY: secretKey,
  }
  if (Object.values(given).every((value) => value === undefined)) return null
  if (name !== undefined && endpoint !== undefined && accessKey !== undefined && secretKey !== undefined)
    return { name, endpoint, region, accessKey, secretKey }
  const missing = Object.entries(given).flatMap(([setting, value]) => (value === undefined ? [setting] : []))
  throw new BadSetting(
    `To keep files in a bucket, ${missing.join(' and ')} must be set too; to keep them in DATA_DIR, set none of ${Object.keys(given).join(', ')}.`,
  )
}

function readProvider(settings: z.output<typeof settingsSchema>): Config['provider'] {
  const { OPENAI_BASE_URL, OPENAI_API_KEY, OPENAI_MODEL } = settings
  if (OPENAI_BASE_URL === undefined && OPENAI_API_KEY === undefined) return null
  return {
    // People paste the whole address of the call; what is asked for is its beginning.
    baseUrl: (OPENAI_BASE_URL ?? 'https://api.openai.com/v1').replace(/\/+$/, '').replace(/\/chat\/completions$/, ''),
    // Local servers want none, but the header must have something in it.
    apiKey: OPENAI_API_KEY ?? 'none',
    model: OPENAI_MODEL ?? 'gpt-4.1-mini',
  }
}
