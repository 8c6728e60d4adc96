/** IP addresses as they are connected to, and which of them are no place on the public internet. */
import { BlockList, isIP, isIPv4 } from 'node:net'

/** What kind of address one is that the public internet does not lead to. */
export type SpecialRange =
  | 'loopback'
  | 'private'
  | 'link-local'
  | 'cgnat'
  | 'metadata'
  | 'multicast'
  | 'reserved'

/**
 * In this order: the first range that holds an address names it. Sources: the IANA registries of
 * special-purpose addresses (RFC 6890), and the clouds' own documentation for `metadata`.
 */
const specialRanges: readonly (readonly [SpecialRange, readonly string[]])[] = [
  [
    // Where clouds hand out credentials to whoever asks from inside.
    'metadata',
    [
      '169.254.169.254/32',
      '169.254.170.2/32',
      '169.254.170.23/32',
      '100.100.100.200/32',
      '168.63.129.16/32',
      '192.0.0.192/32',
      'fd00:ec2::254/128',
      'fd00:ec2::23/128',
      'fd20:ce::254/128',
      'fd00:42::42/128',
    ],
  ],
  ['loopback', ['127.0.0.0/8', '::1/128']],
  ['private', ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7']],
  ['link-local', ['169.254.0.0/16', 'fe80::/10']],
  ['cgnat', ['100.64.0.0/10']],
  ['multicast', ['224.0.0.0/4', 'ff00::/8']],
  [
    'reserved',
    [
      '0.0.0.0/8',
      '192.0.0.0/24',
      '192.0.2.0/24',
      '192.88.99.0/24',
      '198.18.0.0/15',
      '198.51.100.0/24',
      '203.0.113.0/24',
      '240.0.0.0/4',
      // Teredo and other protocols' own, documentation, 6to4, documentation again.
      '2001::/23',
      '2001:db8::/32',
      '2002::/16',
      '3fff::/20',
    ],
  ],
]

const specialLists = specialRanges.map(([name, cidrs]) => [name, blockListOf(cidrs)] as const)
/** All of IPv6 that is assigned to anybody. */
const globalUnicast = blockListOf(['2000::/3'])
/** IPv4 behind a translator (RFC 6052): as good as the address in its last four bytes. */
const translated = blockListOf(['64:ff9b::/96'])

/**
 * An address in the form that says which network it is on: without zone, and IPv4 as such where it
 * comes dressed as IPv6 (`::ffff:127.0.0.1`).
 *
 * @param text what `isIP` knows as an address
 */
export function plainAddress(text: string): string {
  const [address = ''] = text.split('%', 1)
  if (isIPv4(address)) return address
  const words = wordsOf(address)
  const isMapped = words.slice(0, 5).every((word) => word === 0) && words[5] === 0xffff
  return isMapped ? lastAsIpv4(words) : address
}

/**
 * The special range that an address is in; `undefined` for one of the public internet.
 *
 * @param address as {@link plainAddress} gives it
 */
export function specialRangeOf(address: string): SpecialRange | undefined {
  const family = familyOf(address)
  for (const [name, list] of specialLists) if (list.check(address, family)) return name
  if (family === 'ipv4') return undefined
  const words = wordsOf(address)
  if (translated.check(address, family)) {
    return specialRangeOf(lastAsIpv4(words)) === undefined ? undefined : 'reserved'
  }
  if (!globalUnicast.check(address, family)) return 'reserved'
  // ISATAP (RFC 5214): a tunnel to the IPv4 address at its end.
  const isTunnel = words[5] === 0x5efe && ((words[4] ?? 0) & 0xfdff) === 0
  return isTunnel && specialRangeOf(lastAsIpv4(words)) !== undefined ? 'reserved' : undefined
}

/** A set of addresses, made of addresses and of networks in CIDR notation. */
export function blockListOf(cidrs: Iterable<string>): BlockList {
  const list = new BlockList()
  for (const cidr of cidrs) {
    const [address = '', prefix] = cidr.split('/')
    const family = familyOf(address)
    if (prefix === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(prefix), family)
  }
  return list
}

/** Of what `isIP` knows as an address. */
export function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 4 ? 'ipv4' : 'ipv6'
}

/** The eight words of an IPv6 address. */
function wordsOf(address: string): number[] {
  const [front = '', back] = address.split('::')
  const head = groupsOf(front)
  if (back === undefined) return head
  const tail = groupsOf(back)
  return [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail]
}

function groupsOf(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)]
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number)
    return [a * 256 + b, c * 256 + d]
  })
}

function lastAsIpv4(words: readonly number[]): string {
  const [high = 0, low = 0] = words.slice(6)
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.')
}
