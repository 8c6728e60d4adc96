/** Which addresses a link may connect to. */
import { type BlockList, isIP } from 'node:net'
import {
  blockListOf,
  familyOf,
  plainAddress,
  type SpecialRange,
  specialRangeOf,
} from './ip-address.ts'

/** The ranges that `ALLOW_PRIVATE` may name. The others can only be opened by their networks. */
const openRanges = ['loopback', 'private', 'link-local', 'cgnat', 'metadata'] as const

/** The addresses that a link may connect to: those of the public internet, and what it opens besides. */
export class Reach {
  readonly #names: ReadonlySet<string>
  readonly #networks: BlockList
  /** Addresses that are named one by one. */
  readonly #single: BlockList

  private constructor(entries: readonly string[]) {
    const isName = (entry: string): boolean => openRanges.some((name) => name === entry)
    const isSingle = (entry: string): boolean => !entry.includes('/') || /\/(?:32|128)$/.test(entry)
    this.#names = new Set(entries.filter(isName))
    const cidrs = entries.filter((entry) => !isName(entry))
    this.#networks = blockListOf(cidrs)
    this.#single = blockListOf(cidrs.filter(isSingle))
  }

  /** Nothing but the public internet. */
  static readonly public: Reach = new Reach([])

  /**
   * Reads `ALLOW_PRIVATE`: names of ranges, addresses and networks, separated by commas.
   *
   * @throws Error naming the entry that is wrong
   */
  static parse(text: string): Reach {
    const entries = text.split(',').map((entry) => entry.trim().toLowerCase())
    for (const entry of entries) {
      if (openRanges.some((name) => name === entry) || isNetwork(entry)) continue
      throw new Error(
        `${JSON.stringify(entry)} is not a range of addresses; there are ${openRanges.join(', ')}, and networks such as 10.1.0.0/16`,
      )
    }
    return new Reach(entries)
  }

  /**
   * The range that keeps an address out of reach; `undefined` if it may be connected to.
   *
   * @param text an address as the system gives it
   */
  refuses(text: string): SpecialRange | undefined {
    const address = plainAddress(text)
    const range = specialRangeOf(address)
    if (range === undefined || this.#names.has(range)) return undefined
    // Credentials of the machine are not opened by the way: only by name, or by their very address.
    const opened = range === 'metadata' ? this.#single : this.#networks
    return opened.check(address, familyOf(address)) ? undefined : range
  }
}

function isNetwork(entry: string): boolean {
  const [address = '', prefix, more] = entry.split('/')
  const family = isIP(address)
  if (family === 0 || more !== undefined || address.includes('%')) return false
  if (prefix === undefined) return true
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128)
}
