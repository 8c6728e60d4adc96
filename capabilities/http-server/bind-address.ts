/** Where to listen, as link values say it: `127.0.0.1`, `0.0.0.0:8080`, `[::1]:8080`, several with commas. */
import { isIP } from 'node:net'

/** One address to listen on. */
export interface BindAddress {
  /** An IP address without brackets. */
  readonly ip: string
  /** 0 for any free one. */
  readonly port: number
}

/** As {@link BindAddress}; the port is absent where the text leaves it to `PORT`. */
export interface BindEntry {
  readonly ip: string
  readonly port: number | undefined
}

/** @throws Error naming the entry that is wrong */
export function parseBindList(text: string): readonly BindEntry[] {
  const entries = text.split(',').map((entry) => parseEntry(entry.trim()))
  const seen = new Set(entries.map((entry) => JSON.stringify(entry)))
  if (seen.size < entries.length) throw new Error(`${JSON.stringify(text)} names an address twice`)
  return entries
}

/** `127.0.0.1:8080`, `[::1]:8080`. */
export function formatAddress({ ip, port }: BindAddress): string {
  return `${isIP(ip) === 6 ? `[${ip}]` : ip}:${port}`
}

/** An address that a client on this machine can open: the wildcard is none. */
export function reachableAddress({ ip, port }: BindAddress): string {
  if (ip === '0.0.0.0') return formatAddress({ ip: '127.0.0.1', port })
  return formatAddress({ ip: ip === '::' ? '::1' : ip, port })
}

function parseEntry(entry: string): BindEntry {
  if (isIP(entry) !== 0) return { ip: entry, port: undefined }
  const [, bracketed, plain, port] =
    /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(entry) ?? []
  const ip = plain === 'localhost' ? '127.0.0.1' : (bracketed ?? plain ?? '')
  const family = isIP(ip)
  if (family === 0 || (bracketed !== undefined && family !== 6) || Number(port ?? 0) > 65_535) {
    throw new Error(
      `${JSON.stringify(entry)} is not an address to listen on; write an IP address, with or without a port: 127.0.0.1, 0.0.0.0:8080, [::1]:8080`,
    )
  }
  return { ip, port: port === undefined ? undefined : Number(port) }
}
