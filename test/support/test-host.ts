import {
  Host,
  type CapabilityProvider,
  type HostEvent,
  type HostOptions,
  type LinkContext,
  type ProviderLink,
  type StandardSchema,
} from '../../host/index.ts'
import {
  type Dialect,
  decodeJsonResponse,
  encodeJsonRequest,
  type KeyValueToProvider,
  keyvalue,
} from '../../contracts/index.ts'

/** A host with every event that it emitted. */
export class TestHost extends Host {
  readonly events: HostEvent[] = []

  constructor(options: HostOptions = {}) {
    super(options)
    this.onEvent((event) => this.events.push(event))
  }

  /** Calls an operation with JSON, as `wash-ts call` does. */
  async callJson(actor: string, operation: string, json?: unknown): Promise<unknown> {
    const known = this.inventory().actors.find(({ id, name }) => id === actor || name === actor)
    const dialect: Dialect = known?.dialect ?? 'C'
    const call = encodeJsonRequest(operation, json, dialect)
    const reply = await this.call(actor, call.operation, call.payload)
    return decodeJsonResponse(operation, reply, dialect)
  }

  /** The events of one type. */
  eventsOf<Type extends HostEvent['type']>(type: Type): Extract<HostEvent, { type: Type }>[] {
    return this.events.filter((event) => event.type === type) as Extract<
      HostEvent,
      { type: Type }
    >[]
  }
}

/** What became of the links of a {@link counterProvider}. */
export interface CounterLinks {
  readonly opened: LinkContext<Record<string, string>>[]
  readonly closed: string[]
}

type Operations = ProviderLink<KeyValueToProvider>['operations']

/** A key-value provider that counts: `Add` answers how often it was called, by all links together. */
export function counterProvider(
  options: {
    readonly name?: string
    readonly start?: number
    readonly operations?: Partial<Operations>
    readonly configSchema?: StandardSchema<unknown, Record<string, string>>
    readonly link?: (context: LinkContext<Record<string, string>>) => void | Promise<void>
  } = {},
): CapabilityProvider & CounterLinks {
  const opened: LinkContext<Record<string, string>>[] = []
  const closed: string[] = []
  let count = options.start ?? 0
  return {
    name: options.name ?? 'counter',
    summary: 'counts, for tests',
    contract: keyvalue,
    configSchema: options.configSchema ?? anyValues,
    opened,
    closed,
    link: async (context: LinkContext<Record<string, string>>) => {
      await options.link?.(context)
      opened.push(context)
      const operations = {
        Add: () => ({ value: ++count }),
        Get: () => ({ value: String(count), exists: true }),
        ...options.operations,
      }
      return {
        operations,
        info: { name: context.linkName },
        [Symbol.asyncDispose]: async () => {
          closed.push(context.actor.id)
        },
      }
    },
  }
}

/** Takes any values. */
export const anyValues: StandardSchema<unknown, Record<string, string>> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) => ({ value: value as Record<string, string> }),
  },
}
