import { lookup } from 'node:dns/promises'
import { BlockList, isIP, type LookupFunction } from 'node:net'

/** Thrown instead of connecting to an address that a user's provider may not use. Names the host, never what it resolved to. */
export class BlockedAddressError extends Error {
  override readonly name = 'BlockedAddressError'
  readonly host: string

  constructor(host: string) {
    super(`${host} is or leads to a private, loopback or otherwise internal address.`)
    this.host = host
  }
}

export type ResolvedAddress = { address: string; family: number }

/** Resolves a host name to all its addresses. Rejects as `node:dns` does. */
export type ResolveHost = (hostname: string) => Promise<readonly ResolvedAddress[]>

// The special-purpose registries of IANA, plus Azure's host agent (168.63.129.16), which lies in public space.
const internalIpv4: readonly [network: string, prefix: number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['168.63.129.16', 32],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
]

// Only 2000::/3 is public; inside it these are documentation, tunnels (Teredo, 6to4) and protocol assignments.
const internalIpv6: readonly [network: string, prefix: number][] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
]

const blocked = new BlockList()
for (const [network, prefix] of internalIpv4) blocked.addSubnet(network, prefix, 'ipv4')
for (const [network, prefix] of internalIpv6) blocked.addSubnet(network, prefix, 'ipv6')
const publicIpv6 = new BlockList()
publicIpv6.addSubnet('2000::', 3, 'ipv6')
// An IPv4 address inside an IPv6 one: mapped, and NAT64 (how IPv6-only networks reach public IPv4 hosts).
const carriesIpv4 = new BlockList()
carriesIpv4.addSubnet('::ffff:0:0', 96, 'ipv6')
carriesIpv4.addSubnet('64:ff9b::', 96, 'ipv6')

/** Whether an IP address (not a name) lies in the public internet. Anything that is not an IP address does not. */
export function isPublicAddress(address: string): boolean {
  // Only addresses of a local link have a zone.
  const family = address.includes('%') ? 0 : isIP(address)
  if (family === 4) return !blocked.check(address, 'ipv4')
  if (family !== 6) return false
  if (carriesIpv4.check(address, 'ipv6')) return !blocked.check(embeddedIpv4(address), 'ipv4')
  return publicIpv6.check(address, 'ipv6') && !blocked.check(address, 'ipv6')
}

/**
 * A `lookup` for `net.connect` that connects only where every answer is public. The check is on the very answers the
 * connection is made with: a name that answers differently the second time gains nothing.
 */
export function guardLookup(resolve: ResolveHost = resolveAll): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname).then(
      (addresses) => {
        const [first] = addresses
        // One internal answer among public ones is an attack or a mistake: never pick the good one from it.
        if (first === undefined || !addresses.every(({ address }) => isPublicAddress(address))) {
          callback(new BlockedAddressError(hostname), '', 0)
        } else if (options.all === true) callback(null, [...addresses])
        else callback(null, first.address, first.family)
      },
      (error: NodeJS.ErrnoException) => callback(error, '', 0),
    )
  }
}

/**
 * Refuses a host that is itself an internal IP address: `net.connect` asks no lookup for those.
 * Takes `URL.hostname`, whose parser has already turned octal, hexadecimal, decimal and short forms into dotted ones.
 */
export function refuseInternalLiteral(hostname: string): void {
  const literal = hostname.replace(/^\[(.*)\]$/, '$1')
  if (isIP(literal) !== 0 && !isPublicAddress(literal)) throw new BlockedAddressError(hostname)
}

async function resolveAll(hostname: string): Promise<readonly ResolvedAddress[]> {
  return lookup(hostname, { all: true })
}

function embeddedIpv4(ipv6: string): string {
  // The URL parser writes the last 32 bits as the last two groups, whatever notation they came in.
  const groups = new URL(`http://[${ipv6}]`).hostname.slice(1, -1).split(':').slice(-2)
  const [high = 0, low = 0] = groups.map((group) => Number.parseInt(group || '0', 16))
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}
