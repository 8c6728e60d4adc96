import { readdir, readFile, readlink } from 'node:fs/promises'

/**
 * Who listens on a TCP port of this machine, as `name (process 123)`.
 *
 * Linux only, and only for processes that this user may look at; otherwise `undefined`.
 *
 * @see proc(5): `/proc/net/tcp` names the sockets, `/proc/PID/fd` who holds them
 */
export async function portOwner(port: number): Promise<string | undefined> {
  try {
    const sockets = await listeningSockets(port)
    if (sockets.size === 0) return undefined
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      if (!(await holdsSocket(pid, sockets))) continue
      const name = (await readFile(`/proc/${pid}/comm`, 'utf8')).trim()
      return `${name} (process ${pid})`
    }
  } catch {
    // Not Linux, or the process ended while it was looked at: the port is taken by somebody.
  }
  return undefined
}

async function listeningSockets(port: number): Promise<Set<string>> {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0')
  const listening = '0A'
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((path) => readFile(path, 'utf8').catch(() => '')),
  )
  const rows = tables
    .flatMap((table) => table.split('\n').slice(1))
    .map((row) => row.trim().split(/\s+/))
  return new Set(
    rows
      .filter(([, local, , state]) => local?.endsWith(`:${hexPort}`) && state === listening)
      .map((columns) => `socket:[${columns[9]}]`),
  )
}

async function holdsSocket(pid: string, sockets: ReadonlySet<string>): Promise<boolean> {
  // Other users' processes may not be looked into: they are passed over.
  const files = await readdir(`/proc/${pid}/fd`).catch(() => [])
  for (const file of files) {
    const target = await readlink(`/proc/${pid}/fd/${file}`).catch(() => '')
    if (sockets.has(target)) return true
  }
  return false
}
