/** Why our own fetch refused or ended a call. */
export type WireFault =
  | 'aborted'
  | 'badUrl'
  | 'compressed'
  | 'connectTimeout'
  | 'cut'
  | 'oddStatus'
  | 'redirected'
  | 'tooManyBytes'

/** A fault that our own fetch found. Holds no content of the call. */
export class WireError extends Error {
  override readonly name = 'WireError'
  readonly fault: WireFault

  constructor(fault: WireFault) {
    super(`The call ended: ${fault}.`)
    this.fault = fault
  }
}
