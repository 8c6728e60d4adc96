import type { OperationTypes } from '../contracts/index.ts'
import type {
  CapabilityProvider,
  LinkContext,
  LinkedActor,
  Logger,
  ProviderCall,
  ProviderLink,
} from '../host/index.ts'

/** What a link is opened with. Everything has a default. */
export interface OpenLinkOptions {
  /** Default: none. */
  readonly values?: Readonly<Record<string, string>>
  /** The actor's name. Default: `test`. */
  readonly actor?: string
  /** Default: `default`. */
  readonly linkName?: string
  /** Default: silent. */
  readonly log?: Logger
  /** Takes what the provider calls on the actor. Default: it may not call it. */
  readonly invoke?: (operation: string, request: unknown) => Promise<unknown>
}

/** A link without a host, to be called as a host would. */
export interface OpenLink<ToProvider extends OperationTypes> extends AsyncDisposable {
  readonly info: Readonly<Record<string, string>>
  /** Calls an operation of the provider. @throws what the provider throws */
  call<Name extends keyof ToProvider & string>(
    operation: Name,
    request: ToProvider[Name]['request'],
    call?: Partial<ProviderCall>,
  ): ToProvider[Name]['response'] | Promise<ToProvider[Name]['response']>
}

/**
 * Links a provider to an actor that is not there, as its tests need it: `await using link = await
 * openLink(provider)`, then `link.call('Get', { key: 'a' })`.
 *
 * @throws Error with every mistake in the values, and what the provider's `link` throws
 */
export async function openLink<
  Config,
  ToProvider extends OperationTypes,
  ToActor extends OperationTypes,
>(
  provider: CapabilityProvider<Config, ToProvider, ToActor>,
  options: OpenLinkOptions = {},
): Promise<OpenLink<ToProvider>> {
  const { values = {}, actor = 'test', linkName = 'default', log = silent } = options
  const parsed = await provider.configSchema['~standard'].validate(values)
  if (parsed.issues) throw new Error(parsed.issues.map(({ message }) => message).join('; '))
  const refuse = (): Promise<never> => Promise.reject(new Error('there is no actor to call'))
  const abort = new AbortController()
  const context: LinkContext<Config, ToActor> = {
    config: parsed.value,
    actor: linkedActor(actor),
    linkName,
    log,
    signal: abort.signal,
    invoke: options.invoke ?? refuse,
  }
  const link: ProviderLink<ToProvider> = await provider.link(context)
  return {
    info: link.info ?? {},
    call: (operation, request, call = {}) =>
      link.operations[operation](request, {
        operation,
        deadlineAt: Number.POSITIVE_INFINITY,
        signal: abort.signal,
        traceparent: undefined,
        depth: 0,
        within: undefined,
        ...call,
      }),
    [Symbol.asyncDispose]: async () => {
      await link[Symbol.asyncDispose]?.()
      abort.abort()
    },
  }
}

function linkedActor(name: string): LinkedActor {
  const claims = { name, contracts: [], tags: [], isProvider: false, hash: '', wascapRevision: 3 }
  return { id: name, name, claims: { ...claims, subject: name, issuer: '' } as never }
}

const ignore = (): void => {}
const silent: Logger = {
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
  child: () => silent,
}
