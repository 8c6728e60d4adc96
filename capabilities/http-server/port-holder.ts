/** Who listens on a port, as far as Linux lets this process see. */
import { readdir, readFile, readlink } from 'node:fs/promises'

/** A process that listens. */
export interface PortHolder {
  readonly pid: number
  /** Its command line, shortened. */
  readonly command: string
}

/** The state of a listening socket in /proc/net/tcp. */
const listening = '0A'
const maxCommandLength = 80

/**
 * Looks up who listens on a TCP port. Processes of other users are visible to root only.
 *
 * @returns undefined where it cannot be found out, as on systems without /proc
 * @see proc_pid_net(5)
 */
export async function findPortHolder(port: number): Promise<PortHolder | undefined> {
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map(readText))
  const inodes = new Set(tables.flatMap((table) => listeningInodes(table, port)))
  if (inodes.size === 0) return undefined
  for (const entry of await names('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    for (const descriptor of await names(`/proc/${entry}/fd`)) {
      const target = await readlink(`/proc/${entry}/fd/${descriptor}`).catch(() => '')
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1]
      if (inode !== undefined && inodes.has(inode)) {
        return { pid: Number(entry), command: await commandOf(entry) }
      }
    }
  }
  return undefined
}

/** Inodes of the sockets that listen on `port`, from the text of /proc/net/tcp. */
function listeningInodes(table: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => local?.endsWith(suffix) && state === listening)
    .flatMap((fields) => fields[9] ?? [])
}

async function commandOf(pid: string): Promise<string> {
  const text = await readText(`/proc/${pid}/cmdline`)
  // A command line is whatever its process made it: nothing that a terminal acts on gets through.
  const words = text.replaceAll(/[^\x20-\x7e]+/g, ' ').trim()
  return words.length > maxCommandLength ? `${words.slice(0, maxCommandLength)}…` : words
}

/** What cannot be read is somebody else's, or gone: it tells nothing. */
function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '')
}

function names(path: string): Promise<string[]> {
  return readdir(path).catch(() => [])
}
