/** HTTP requests to actors: one listener an address, shared by links, on node's own HTTP server. */
import { type HttpServerToActor, httpServer, type NoOperations } from '../../contracts/index.ts'
import type { CapabilityProvider, LinkContext, ProviderLink } from '../../host/index.ts'
import { reachableAddress } from './bind-address.ts'
import { configSchema, type HttpServerConfig } from './config.ts'
import { ListenerPool } from './listener-pool.ts'
import { Route } from './route.ts'

export type { HttpServerConfig, ListenerSettings } from './config.ts'
export { findPortHolder, type PortHolder } from './port-holder.ts'

const name = 'http-server'

/**
 * The HTTP server provider. Each link says where it listens; links that name the same address share
 * its listener, told apart by host name and path.
 *
 * Disposing of a link takes no new requests for it (503), ends those under way, and closes the
 * listener with its last link.
 */
export function httpServerProvider(): CapabilityProvider<
  HttpServerConfig,
  NoOperations,
  HttpServerToActor
> {
  const pool = new ListenerPool(name)
  return {
    name,
    summary: 'HTTP server: hands requests to actors',
    contract: httpServer,
    configSchema,
    link: (context) => link(pool, context),
  }
}

async function link(
  pool: ListenerPool,
  context: LinkContext<HttpServerConfig, HttpServerToActor>,
): Promise<ProviderLink<NoOperations>> {
  const { config, log, signal } = context
  signal.throwIfAborted()
  if (config.workersGiven) log.info('WORKERS has no effect: requests need no threads of their own')
  const attachment = await pool.attach(new Route(context))
  const [first] = attachment.listeners.map(({ address }) => reachableAddress(address))
  return {
    operations: {},
    info: {
      url: `http://${first}${config.pathPrefix || '/'}`,
      listening: attachment.listeners.map(String).join(', '),
      ...(config.host !== undefined && { host: config.host }),
    },
    [Symbol.asyncDispose]: () => attachment[Symbol.asyncDispose](),
  }
}
