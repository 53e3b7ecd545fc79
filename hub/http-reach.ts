import { lookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import type { Reach } from './http.ts'

/** Whether an IP address may be called by a request of that reach. */
export function isWithinReach(address: string, reach: Reach): boolean {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
  if (reach === 'public-or-loopback' && loopback.check(address, family)) return true
  if (family === 'ipv4') return !notPublic.check(address, family)
  return globalUnicast.check(address, family) && !notPublic.check(address, family)
}

/**
 * Resolves names for sockets, and fails for a name with any address out of reach. It is asked at connecting, so no later
 * answer of the name server can lead elsewhere. Addresses in URLs are not looked up: see `assertWithinReach`.
 */
export function createLookup(reach: Reach): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      const [first] = addresses
      const outside = addresses.find(({ address }) => !isWithinReach(address, reach))
      if (error) callback(error, '')
      else if (outside || !first) callback(new Error(outOfReach(hostname)), '')
      else if (options.all === true) callback(null, addresses)
      else callback(null, first.address, first.family)
    })
  }
}

/** Throws for a URL whose host is an address out of reach. */
export function assertWithinReach(url: URL, reach: Reach): void {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) !== 0 && !isWithinReach(host, reach)) throw new Error(outOfReach(url.hostname))
}

function outOfReach(host: string): string {
  return `${host} is not an address that may be called`
}

/** Private, shared, link-local, documentation, benchmark, multicast and reserved networks (RFC 6890 and its registries). */
const notPublic = networks([
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16'],
  ...['172.16.0.0/12', '192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16'],
  ...['198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'],
  ...['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'],
])

const globalUnicast = networks(['2000::/3'])

const loopback = networks(['127.0.0.0/8', '::1/128', '::ffff:127.0.0.0/104'])

function networks(blocks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const block of blocks) {
    const [network = '', prefix] = block.split('/')
    list.addSubnet(network, Number(prefix), network.includes(':') ? 'ipv6' : 'ipv4')
  }
  return list
}
