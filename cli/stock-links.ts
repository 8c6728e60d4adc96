import { findPortHolder } from '../capabilities/index.ts'
import { contractForId, httpServer } from '../contracts/index.ts'
import type { ActorInfo, Host } from '../host/index.ts'
import { CliError } from './errors.ts'

/** Where an actor that serves HTTP is to listen. */
export interface ListenRequest {
  /** 0 for any free one. */
  readonly port: number
  /** Default: the provider's own, which is loopback. */
  readonly bind: string | undefined
  /** Whether to go on to the next port where this one is taken. */
  readonly mayMove: boolean
}

/** An actor with its links. */
export interface LinkedToStock {
  readonly actor: ActorInfo
  /** The port it listens on, if it serves HTTP. */
  readonly port: number | undefined
  /** Contract ids of its claims that no stock provider serves. */
  readonly unserved: readonly string[]
}

const portsTried = 100

/**
 * Links a running actor to the stock providers of the contracts it claims, those apart that a host
 * links by itself.
 *
 * @param listen `undefined` not to serve HTTP.
 * @throws CliError `ERR_PORT_IN_USE`, and what `Host.link` throws
 */
export async function linkToStock(
  host: Host,
  actorId: string,
  listen: ListenRequest | undefined,
): Promise<LinkedToStock> {
  const { contracts, links } = actorInfo(host, actorId)
  const done = new Set(links.map(({ contractId }) => contractName(contractId)))
  const served = new Set(host.inventory().providers.map((each) => contractName(each.contractId)))
  const unserved: string[] = []
  let port: number | undefined
  for (const contractId of contracts) {
    const name = contractName(contractId)
    if (done.has(name)) continue
    done.add(name)
    if (!served.has(name)) {
      if (!isActorKey(contractId)) unserved.push(contractId)
    } else if (name === httpServer.name) {
      if (listen) port = await linkHttp(host, actorId, contractId, listen)
    } else {
      await host.link({ actor: actorId, contractId })
    }
  }
  return { actor: actorInfo(host, actorId), port, unserved }
}

/** Where an actor answers HTTP requests, if it does. */
export function urlOf({ links }: ActorInfo): string | undefined {
  return links.map(({ info }) => info['url']).find((url) => url !== undefined)
}

async function linkHttp(
  host: Host,
  actor: string,
  contractId: string,
  { port: first, bind, mayMove }: ListenRequest,
): Promise<number> {
  const last = mayMove ? Math.min(first + portsTried, 65_535) : first
  for (let port = first; ; port++) {
    try {
      await host.link({
        actor,
        contractId,
        values: { PORT: String(port), ...(bind !== undefined && { BIND: bind }) },
      })
      return port
    } catch (error) {
      const ours = mayMove && codeOf(error) === 'ERR_LINK_CONFLICT'
      if (!ours && !isTaken(error)) throw error
      if (port >= last) throw await portInUse(port, bind ?? '127.0.0.1', error)
    }
  }
}

function actorInfo(host: Host, id: string): ActorInfo {
  const actor = host.inventory().actors.find((each) => each.id === id)
  if (!actor) throw new Error(`actor ${id} is gone`)
  return actor
}

/** waSCC had actors claim the keys of those that they call. */
function isActorKey(id: string): boolean {
  return /^M[A-Z2-7]{55}$/.test(id)
}

function contractName(id: string): string {
  return contractForId(id)?.name ?? id
}

/** Whether anything in the chain of causes is the system's word that a port is taken. */
function isTaken(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    if (codeOf(each) === 'EADDRINUSE') return true
  }
  return false
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | null)?.code
}

async function portInUse(port: number, address: string, cause: unknown): Promise<CliError> {
  const holder = await findPortHolder(port)
  const owner = holder && `process ${holder.pid} (${holder.command})`
  const by = owner === undefined ? '' : ` by ${owner}`
  return new CliError(
    'ERR_PORT_IN_USE',
    { port, address, ...(owner !== undefined && { owner }) },
    `port ${port} of ${address} is taken${by}`,
    { cause },
  )
}
