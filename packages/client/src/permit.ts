import type { Transport } from './links.ts'
import { allTransports } from './transportChoice.ts'

/** Leave to hold a connection, for as long as `signal` is not aborted: then the connection ends, and that is no failure. */
export type Permit = { transports: readonly Transport[]; signal: AbortSignal }

/**
 * Resolves when there may be a connection. The permit is held over all connections that follow, however often they are
 * cut, and is given back when the given signal fires or its own does.
 */
export type AskPermit = (signal: AbortSignal) => Promise<Permit>

/** Where nothing is to be shared everything is permitted. */
export const permitAll: AskPermit = async () => ({
  transports: allTransports,
  signal: new AbortController().signal,
})
