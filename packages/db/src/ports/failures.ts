import { DatabaseUnavailable, UniqueViolation } from '@stagewright/core'
import { EmbeddedDatabaseFailed } from '../errors.ts'

/** What can be told of an error, whether Prisma, its adapter, node-postgres or the socket made it. */
type Traits = {
  /** PostgreSQL's SQLSTATE, or the code of a socket error. */
  code: string | undefined
  /** Prisma's P-number. */
  prismaCode: string | undefined
  /** How Prisma's adapter names errors of the connection, which have no SQLSTATE. */
  kind: string | undefined
  /** The index of a unique violation. */
  constraint: string | undefined
}

type Loose = { [key: string]: unknown }

const lostSocketCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'ETIMEDOUT',
  'EPIPE',
  'EHOSTUNREACH',
  'ENETUNREACH',
])
const lostKinds = new Set(['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TooManyConnections'])
/** Not reachable, timed out, closed, no free connection in time, transaction not begun or ended in time. */
const lostPrismaCodes = new Set(['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028', 'P2037'])
/** Connection exceptions, shutting down or starting up, too many connections, and what took too long (see poolConfigOf). */
const lostStates = /^(08...|57P0[123]|53300|57014|25P03)$/
/** node-postgres gives these no code: the words are all there is to tell them by. */
const lostWords =
  /^(Connection terminated|Client has encountered a connection error|Client was closed|Cannot use a pool after|timeout exceeded when trying to connect)/

/** The error as the contract of the ports names it; what the contract has no name for comes back as it is. */
export function translateFailure(error: unknown): unknown {
  if (error instanceof UniqueViolation || error instanceof DatabaseUnavailable) return error
  const traits = readTraits(error)
  if (traits.code === '23505') return new UniqueViolation(traits.constraint ?? 'unknown', { cause: error })
  if (isConnectionLost(error, traits))
    return new DatabaseUnavailable('The database can not be reached.', { cause: error })
  return error
}

/** A refusal that the same transaction, run again, will probably not meet: deadlock or serialisation. */
export function isTransient(error: unknown): boolean {
  const { code, prismaCode } = readTraits(error)
  return code === '40P01' || code === '40001' || prismaCode === 'P2034'
}

/** Runs `action`; what it throws is translated. */
export async function translating<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    throw translateFailure(error)
  }
}

/** The same operations, throwing translated errors. */
export function translated<Port extends object>(port: Port): Port {
  const operations = Object.entries(port).map(
    ([name, operation]: [string, (...args: unknown[]) => Promise<unknown>]) => [
      name,
      (...args: unknown[]) => translating(() => operation(...args)),
    ],
  )
  return Object.fromEntries(operations) as Port
}

function isConnectionLost(error: unknown, { code, prismaCode, kind }: Traits): boolean {
  if (error instanceof EmbeddedDatabaseFailed) return true
  if (code !== undefined && (lostSocketCodes.has(code) || lostStates.test(code))) return true
  if (prismaCode !== undefined && lostPrismaCodes.has(prismaCode)) return true
  if (kind !== undefined && lostKinds.has(kind)) return true
  return code === undefined && prismaCode === undefined && error instanceof Error && lostWords.test(error.message)
}

function readTraits(error: unknown): Traits {
  const outer = asLoose(error)
  // Of a COMMIT Prisma throws its adapter's error as it is, of everything else within one of its own.
  const ofAdapter =
    outer['name'] === 'DriverAdapterError' ? outer : asLoose(asLoose(outer['meta'])['driverAdapterError'])
  const inner = asLoose(ofAdapter['cause'])
  const outerCode = asText(outer['code'])
  const isPrisma = outerCode !== undefined && /^P\d{4}$/.test(outerCode)
  return {
    code: asText(inner['originalCode']) ?? asText(inner['code']) ?? (isPrisma ? undefined : outerCode),
    prismaCode: isPrisma ? outerCode : undefined,
    kind: asText(inner['kind']),
    constraint: asText(asLoose(inner['constraint'])['index']) ?? asText(outer['constraint']),
  }
}

function asLoose(value: unknown): Loose {
  return typeof value === 'object' && value !== null ? (value as Loose) : {}
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
