import { isAbsolute } from 'node:path'
import { ControlClient } from './client.ts'
import { ControlError } from './errors.ts'
import type { HostReport } from './reports.ts'
import { checkFolder, type Environment, liveSockets, socketFolder } from './socket-folder.ts'

/** A running host of this user. */
export interface RunningHost {
  readonly socket: string
  /** What it said of itself; absent if it did not answer in time. */
  readonly report?: HostReport
}

/** How long a host has to say what it is, in milliseconds. */
const answerMs = 2_000

/**
 * The running hosts of this user on this machine. Sockets that dead processes left are removed.
 *
 * @throws ControlError `ERR_CONTROL_UNSAFE`
 */
export async function findHosts(env: Environment): Promise<RunningHost[]> {
  const folder = socketFolder(env)
  if (!(await checkFolder(folder))) return []
  const sockets = await liveSockets(folder)
  const found = await Promise.all(
    sockets.map(async (socket): Promise<RunningHost | undefined> => {
      try {
        const options = { timeoutMs: answerMs }
        return { socket, report: await new ControlClient(socket).request('host', {}, options) }
      } catch (error) {
        const isGone = error instanceof ControlError && error.code === 'ERR_HOST_UNREACHABLE'
        return isGone ? undefined : { socket }
      }
    }),
  )
  return found.filter((host) => host !== undefined)
}

/**
 * A client of the host that is meant.
 *
 * @param reference The path of a socket, or the beginning of a host's id or of its label `name`.
 * Default: the only host that runs.
 * @throws ControlError `ERR_HOST_NOT_FOUND`, `ERR_HOST_AMBIGUOUS`, `ERR_CONTROL_UNSAFE`
 */
export async function chooseHost(
  reference: string | undefined,
  env: Environment,
): Promise<ControlClient> {
  if (reference !== undefined && isAbsolute(reference)) return new ControlClient(reference)
  const hosts = await findHosts(env)
  const meant = reference === undefined ? hosts : hosts.filter((host) => isMeant(host, reference))
  const [only] = meant
  if (only && meant.length === 1) return new ControlClient(only.socket)
  const known = hosts.map(hostName)
  if (meant.length > 1) {
    const candidates = meant.map(hostName)
    const said = reference === undefined ? 'run' : `answer to ${JSON.stringify(reference)}`
    throw new ControlError(
      'ERR_HOST_AMBIGUOUS',
      { reference: reference ?? '', candidates },
      [`${meant.length} hosts ${said}:`, ...meant.map((host) => `  ${described(host)}`)].join('\n'),
    )
  }
  throw new ControlError(
    'ERR_HOST_NOT_FOUND',
    { reference: reference ?? '', known },
    reference === undefined || hosts.length === 0
      ? 'no host runs here'
      : [
          `no running host is ${JSON.stringify(reference)}; there are`,
          ...hosts.map((host) => `  ${described(host)}`),
        ].join('\n'),
  )
}

function isMeant({ report, socket }: RunningHost, reference: string): boolean {
  if (!report) return socket.includes(`/${reference.toUpperCase()}`)
  const { host, labels } = report
  return host.startsWith(reference.toUpperCase()) || labels['name']?.startsWith(reference) === true
}

function hostName({ report, socket }: RunningHost): string {
  return report?.host ?? socket
}

function described({ report, socket }: RunningHost): string {
  if (!report) return `${socket} (does not answer)`
  const name = report.labels['name'] === undefined ? '' : ` ${report.labels['name']}`
  const actors = `${report.actors} ${report.actors === 1 ? 'actor' : 'actors'}`
  return `${report.host}${name} (process ${report.pid}, ${actors})`
}
