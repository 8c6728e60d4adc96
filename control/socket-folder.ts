import { existsSync, type Stats } from 'node:fs'
import { lstat, mkdir, readdir, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { ControlError } from './errors.ts'

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Bytes of the longest path that a socket may have; Linux takes 107, macOS 103. */
const maxPathBytes = 103

/** Letters of a host's id that its socket is named by. */
const nameLength = 16

/** How old what a host left while it opened its socket must be before it counts as left, in milliseconds. */
const abandonedMs = 60_000

/**
 * Where the control sockets of a user's hosts are: `wash-ts` in `XDG_RUNTIME_DIR`, or `wash-ts-UID` in
 * the folder for temporary files.
 *
 * @throws ControlError `ERR_CONTROL_SOCKET` where there are no users, as on Windows
 */
export function socketFolder(env: Environment): string {
  const runtime = env['XDG_RUNTIME_DIR']
  // Shells that changed the user keep the variable and not the folder.
  if (runtime !== undefined && isAbsolute(runtime) && existsSync(runtime)) {
    return join(runtime, 'wash-ts')
  }
  return join(tmpdir(), `wash-ts-${ownUid(tmpdir())}`)
}

/** The socket of a host in a folder. @throws ControlError `ERR_CONTROL_SOCKET` for too long a path */
export function socketPath(folder: string, hostId: string): string {
  const path = join(folder, `${hostId.slice(0, nameLength)}.sock`)
  checkLength(path)
  return path
}

/** @throws ControlError `ERR_CONTROL_SOCKET` if no socket can have this path */
export function checkLength(path: string): void {
  const length = Buffer.byteLength(path)
  if (length <= maxPathBytes) return
  const reason = `its path has ${length} bytes, and sockets may have ${maxPathBytes}`
  throw new ControlError('ERR_CONTROL_SOCKET', { path, reason }, `cannot open ${path}: ${reason}`)
}

/**
 * Makes the folder of sockets, or finds it: a folder that is ours and that nobody else may enter.
 *
 * @throws ControlError `ERR_CONTROL_UNSAFE`, `ERR_CONTROL_SOCKET`
 */
export async function openFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 })
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException
    if (code !== 'EEXIST') {
      throw new ControlError(
        'ERR_CONTROL_SOCKET',
        { path: folder, reason: code },
        `cannot make the folder ${folder}: ${code}`,
        { cause: error },
      )
    }
  }
  await checkFolder(folder)
}

/**
 * @returns false if there is no such folder
 * @throws ControlError `ERR_CONTROL_UNSAFE`
 */
export async function checkFolder(folder: string): Promise<boolean> {
  const found = await maybeStat(folder)
  if (!found) return false
  if (!found.isDirectory()) throw unsafe(folder, 'it is no folder')
  checkOwner(folder, found)
  if ((found.mode & 0o077) !== 0) throw unsafe(folder, 'others may enter it')
  return true
}

/**
 * Holds a socket against what a host of ours would have made.
 *
 * @returns false if there is nothing at the path
 * @throws ControlError `ERR_CONTROL_UNSAFE`
 */
export async function checkSocket(path: string): Promise<boolean> {
  const found = await maybeStat(path)
  if (!found) return false
  if (!found.isSocket()) throw unsafe(path, 'it is no socket')
  checkOwner(path, found)
  if ((found.mode & 0o077) !== 0) throw unsafe(path, 'others may use it')
  const folder = dirname(path)
  const { uid, mode } = await lstat(folder)
  const isSticky = (mode & 0o1000) !== 0
  if (uid !== 0 && uid !== ownUid(path)) throw unsafe(folder, `it belongs to user ${uid}`)
  if ((mode & 0o022) !== 0 && !isSticky) throw unsafe(folder, 'others may put sockets there')
  return true
}

/** The sockets in a folder, sorted. Those that nobody listens on any more are removed. */
export async function liveSockets(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((): string[] => [])
  const live = await Promise.all(
    names.sort().map(async (name) => {
      const path = join(folder, name)
      if (name.endsWith('.sock')) return (await isAbandoned(path, 0)) ? undefined : path
      if (name.endsWith('.new')) await isAbandoned(path, abandonedMs)
      return undefined
    }),
  )
  return live.filter((path) => path !== undefined)
}

/** Whether a socket can be put there: nothing is there, or what nobody listens on, which is removed. */
export function isFree(path: string): Promise<boolean> {
  return isAbandoned(path, 0)
}

/** Whether nobody listens on a socket; it is then removed. A host that is merely slow is not gone. */
async function isAbandoned(path: string, olderThanMs: number): Promise<boolean> {
  const found = await maybeStat(path)
  if (!found) return true
  if (!found.isSocket() || Date.now() - found.mtimeMs < olderThanMs) return false
  const refused = await new Promise<boolean>((resolve) => {
    const socket = connect(path)
    socket.on('connect', () => {
      socket.destroy()
      resolve(false)
    })
    socket.on('error', ({ code }: NodeJS.ErrnoException) =>
      resolve(code === 'ECONNREFUSED' || code === 'ENOENT'),
    )
  })
  if (refused) await rm(path, { force: true })
  return refused
}

function checkOwner(path: string, { uid }: Stats): void {
  if (uid !== ownUid(path)) throw unsafe(path, `it belongs to user ${uid}`)
}

/** @throws ControlError `ERR_CONTROL_SOCKET` where there are no users, as on Windows */
function ownUid(path: string): number {
  const uid = process.getuid?.()
  if (uid !== undefined) return uid
  const reason = 'this system has no sockets that only their owner may use'
  throw new ControlError('ERR_CONTROL_SOCKET', { path, reason }, reason)
}

async function maybeStat(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw error
  }
}

function unsafe(path: string, reason: string): ControlError {
  return new ControlError('ERR_CONTROL_UNSAFE', { path, reason }, `${path} is not safe: ${reason}`)
}
