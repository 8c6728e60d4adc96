/** Connections to servers: to the addresses that a link may reach, whatever a name resolves to. */
import { lookup as systemLookup } from 'node:dns/promises'
import { once } from 'node:events'
import { isIP, type LookupFunction, connect as netConnect, type Socket } from 'node:net'
import { type SecureContext, connect as tlsConnect } from 'node:tls'
import type { buildConnector } from 'undici'
import { CapabilityError } from '../errors.ts'
import type { Reach } from './reach.ts'
import { targetDenied } from './target.ts'

/** An address that a name stands for. */
export interface ResolvedAddress {
  readonly address: string
  readonly family: number
}

/** Finds the addresses of a name, as `lookup` of `node:dns` does with `all`. */
export type Resolve = (hostname: string) => Promise<readonly ResolvedAddress[]>

/** What all connections of a link have in common. */
export interface ConnectorOptions {
  readonly reach: Reach
  readonly resolve: Resolve
  /** Which certificates are trusted. Default: those that Node trusts. */
  readonly secureContext: SecureContext | undefined
  /** Tells the operator what the actor is not told: to which address a name led. */
  readonly onDenied: (facts: { readonly host: string; readonly address: string }) => void
}

/** Asks the system, its hosts file included. */
export const resolveBySystem: Resolve = (hostname) => systemLookup(hostname, { all: true })

/**
 * What undici opens connections with. Each is checked three times: literal addresses and what a name
 * resolves to before anything is sent, and the peer of the socket that came of it, so that no second
 * look-up of the name can come between.
 *
 * @param signal Ends connections that are still being opened.
 */
export function connectorOf(
  options: ConnectorOptions,
  signal: AbortSignal,
): buildConnector.connector {
  return ({ hostname, protocol, port }, callback) => {
    const isTls = protocol === 'https:'
    const target = { hostname, port: Number(port || (isTls ? 443 : 80)), isTls }
    void answer(callback, open(options, target, signal))
  }
}

async function answer(callback: buildConnector.Callback, opening: Promise<Socket>): Promise<void> {
  let socket: Socket
  try {
    socket = await opening
  } catch (error) {
    callback(error instanceof Error ? error : new Error(String(error)), null)
    return
  }
  callback(null, socket)
}

interface ConnectTarget {
  /** Without brackets. */
  readonly hostname: string
  readonly port: number
  readonly isTls: boolean
}

async function open(
  options: ConnectorOptions,
  target: ConnectTarget,
  signal: AbortSignal,
): Promise<Socket> {
  const { hostname, port, isTls } = target
  const addresses = permitted(options, target, await addressesOf(options, target, signal))
  const { secureContext } = options
  const address = { host: hostname, port, lookup: among(addresses), autoSelectFamily: true }
  const socket = isTls
    ? tlsConnect({
        ...address,
        ALPNProtocols: ['http/1.1'],
        servername: isIP(hostname) === 0 ? hostname : '',
        ...(secureContext !== undefined && { secureContext }),
      })
    : netConnect(address)
  // Whoever uses the socket listens too; this is for what comes before and after.
  socket.on('error', () => {})
  try {
    await once(socket, isTls ? 'secureConnect' : 'connect', { signal })
    const { remoteAddress } = socket
    if (remoteAddress === undefined) throw new Error('the connection was closed at once')
    permitted(options, target, [{ address: remoteAddress, family: isIP(remoteAddress) }])
    return socket.setNoDelay(true)
  } catch (error) {
    socket.destroy()
    if (signal.aborted) throw signal.reason
    if (error instanceof CapabilityError) throw error
    throw unavailable(target, reasonOf(error, isTls), error)
  }
}

async function addressesOf(
  { resolve }: ConnectorOptions,
  target: ConnectTarget,
  signal: AbortSignal,
): Promise<readonly ResolvedAddress[]> {
  const { hostname } = target
  const family = isIP(hostname)
  if (family !== 0) return [{ address: hostname, family }]
  const aborted = Promise.withResolvers<never>()
  const abort = (): void => aborted.reject(signal.reason)
  signal.addEventListener('abort', abort)
  try {
    signal.throwIfAborted()
    return await Promise.race([resolve(hostname), aborted.promise])
  } catch (error) {
    if (signal.aborted) throw signal.reason
    throw unavailable(target, `its name cannot be resolved${codeText(error)}`, error)
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** Those addresses that the link may reach. Where there are others only, it throws. */
function permitted(
  { reach, onDenied }: ConnectorOptions,
  { hostname, port, isTls }: ConnectTarget,
  addresses: readonly ResolvedAddress[],
): readonly ResolvedAddress[] {
  const within = addresses.filter(({ address }) => isIP(address) !== 0 && !reach.refuses(address))
  const [refused] = addresses
  if (within.length > 0 || refused === undefined) return within
  const { address } = refused
  const range = reach.refuses(address) ?? 'reserved'
  onDenied({ host: hostname, address })
  // Names that resolve to inner addresses are no business of actors: the range is all they are told.
  throw targetDenied(
    originOf(hostname, port, isTls),
    `its address is ${range}; where that is meant, set ALLOW_PRIVATE in the values of the link`,
  )
}

/** Gives `connect` the addresses that were checked, instead of having it ask again. */
function among(addresses: readonly ResolvedAddress[]): LookupFunction {
  return (_hostname, { all }, callback) => {
    const [first] = addresses
    if (first === undefined) callback(new Error('it has no address'), '')
    else if (all) callback(null, [...addresses])
    else callback(null, first.address, first.family)
  }
}

function unavailable(
  { hostname, port, isTls }: ConnectTarget,
  reason: string,
  cause: unknown,
): CapabilityError<'ERR_SERVER_UNAVAILABLE'> {
  const server = originOf(hostname, port, isTls)
  return new CapabilityError(
    'ERR_SERVER_UNAVAILABLE',
    { server, reason },
    `${server} cannot be reached: ${reason}`,
    { cause },
  )
}

function reasonOf(error: unknown, isTls: boolean): string {
  const code = codeOf(error)
  const isCertificate = isTls && code !== undefined && /CERT|VERIFY|ISSUER|ALTNAME/.test(code)
  if (isCertificate) {
    return `its certificate is refused (${code}); if it is right, name who issued it with CA_FILE`
  }
  return `no connection${codeText(error)}`
}

function codeText(error: unknown): string {
  const code = codeOf(error)
  return code === undefined ? '' : ` (${code})`
}

function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}

function originOf(hostname: string, port: number, isTls: boolean): string {
  const host = isIP(hostname) === 6 ? `[${hostname}]` : hostname
  return new URL(`${isTls ? 'https' : 'http'}://${host}:${port}`).origin
}
