import { DatabaseError } from '@stagewright/db/errors'
import { BadSetting } from './config.ts'

/** Why the server did not start, in one sentence for its operator. What we did not foresee keeps its stack. */
export function describeStartFailure(error: unknown): string {
  if (error instanceof BadSetting || error instanceof DatabaseError) return error.message
  const { code, port, address } = error as NodeJS.ErrnoException & { port?: number; address?: string }
  if (code === 'EADDRINUSE')
    return `Port ${port} is taken by another program. Stop that program, or set PORT to a free one.`
  if (code === 'EACCES' && port !== undefined)
    return `This user may not listen on port ${port}. Set PORT to a number above 1023.`
  if (code === 'EADDRNOTAVAIL')
    return `This machine has no address ${address} to listen on. Set HOST to one it has, such as 127.0.0.1.`
  return `Stagewright could not start: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`
}
