const NETWORK =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|dns error|error sending request)\b/

/** A failure whose message is all the user needs to read: what is wrong and what to do, in a sentence. */
export class SetupFailure extends Error {}

/** What to print for `error`: the sentence alone where we have one, the stack where something unforeseen happened. */
export function explain(error) {
  return error instanceof SetupFailure ? error.message : error.stack
}

/** The failure of a package manager that ended with `output`, when `doing` ("fetching Node", say). */
export function describeInstallFailure(doing, output) {
  const network = NETWORK.exec(output)
  if (network) {
    const cause = `the package registry could not be reached (${network[1]})`
    return new SetupFailure(`Stopped while ${doing}: ${cause}. Check the network or the proxy settings and try again.`)
  }
  const lines = output.trim().split('\n').slice(-5).join('\n')
  return new SetupFailure(`Stopped while ${doing}:\n${lines}`)
}
