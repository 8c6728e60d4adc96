/** HTTP requests to actors: one listener an address, shared by links, on node's own HTTP server. */
import { type HttpServerToActor, httpServer, type NoOperations } from '../../contracts/index.ts'
import type { CapabilityProvider, LinkContext, ProviderLink } from '../../host/index.ts'
import { reachableAddress } from './bind-address.ts'
import { configSchema, type HttpServerConfig } from './config.ts'
import { HttpListeners, providerName } from './http-listeners.ts'
import { Route } from './route.ts'

export type { HttpServerConfig, ListenerSettings } from './config.ts'
export { HttpListeners } from './http-listeners.ts'
export { findPortHolder, type PortHolder } from './port-holder.ts'

/** What HTTP server providers may have in common. */
export interface HttpServerOptions {
  /**
   * Listeners that providers share, so that one can take the place of another on its ports:
   * `host.replaceProvider('http-server', httpServerProvider({ listeners }))` turns over in one step,
   * with every connection and without turning a request away. Providers of one host only: to them,
   * links of one actor and name are one. Default: its own.
   */
  readonly listeners?: HttpListeners
}

/**
 * The HTTP server provider. Each link says where it listens; links that name the same address share
 * its listener, told apart by host name and path.
 *
 * Disposing of a link takes no new requests for it (503), ends those under way, and closes the
 * listener with its last link.
 */
export function httpServerProvider(
  options: HttpServerOptions = {},
): CapabilityProvider<HttpServerConfig, NoOperations, HttpServerToActor> {
  const { listeners = new HttpListeners() } = options
  return {
    name: providerName,
    summary: 'HTTP server: hands requests to actors',
    contract: httpServer,
    configSchema,
    link: (context) => link(listeners, context),
  }
}

async function link(
  listeners: HttpListeners,
  context: LinkContext<HttpServerConfig, HttpServerToActor>,
): Promise<ProviderLink<NoOperations>> {
  const { config, log, signal } = context
  signal.throwIfAborted()
  if (config.workersGiven) log.info('WORKERS has no effect: requests need no threads of their own')
  const attachment = await listeners.attach(new Route(context))
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
