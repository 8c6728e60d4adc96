import {
  type Contract,
  contractForId,
  type NoOperations,
  type OperationTypes,
  type RawOperations,
  rawContract,
} from '../contracts/index.ts'
import type {
  CapabilityProvider,
  LinkContext,
  ProviderLink,
  StandardSchema,
} from '../host/index.ts'

/** What there is to say of a provider. */
export interface ProviderDefinition<
  Config,
  ToProvider extends OperationTypes,
  ToActor extends OperationTypes,
> {
  /** What link definitions call it where it runs in the host itself; an archive’s claims name it otherwise. */
  readonly name: string
  /** One line on what it is. Default: none. */
  readonly summary?: string
  /** One that `wash-ts/contracts` has, or the id of one of its own: then operations are bytes. */
  readonly contract: Contract<ToProvider, ToActor> | string
  /**
   * Parses the values of a link, which are strings: any schema library that implements Standard
   * Schema, such as valibot or zod, or a function of your own. Default: they are passed on as they are.
   */
  readonly configSchema?: StandardSchema<unknown, Config> | ((values: Values) => Config)
  /** Opens what one link needs; called once a link. What it throws refuses the link. */
  link(
    context: LinkContext<Config, ToActor>,
  ): DefinedLink<ToProvider> | Promise<DefinedLink<ToProvider>>
}

/** A live link. An operation that is left out is one that callers are told the provider does not have. */
export type DefinedLink<ToProvider extends OperationTypes> = Omit<
  ProviderLink<ToProvider>,
  'operations'
> & { readonly operations: Partial<ProviderLink<ToProvider>['operations']> }

type Values = Readonly<Record<string, string>>

/** Every definition, whatever its configuration and operations. */
interface AnyDefinition {
  readonly name: string
  readonly summary?: string
  readonly contract: Contract | string
  readonly configSchema?: StandardSchema | ((values: Values) => unknown)
  link(context: never): unknown
}

/**
 * Makes a capability provider, to be given to a host (`host.addProvider`) or to be the default export
 * of a file that `wash-ts par create` puts into an archive: there it runs in a process of its own.
 */
export function defineProvider<
  ToProvider extends OperationTypes,
  ToActor extends OperationTypes = NoOperations,
  Config = Values,
>(
  definition: ProviderDefinition<Config, ToProvider, ToActor> & {
    readonly contract: Contract<ToProvider, ToActor>
  },
): CapabilityProvider<Config, ToProvider, ToActor>
export function defineProvider<Config = Values>(
  definition: ProviderDefinition<Config, RawOperations, RawOperations> & {
    readonly contract: string
  },
): CapabilityProvider<Config, RawOperations, RawOperations>
export function defineProvider(definition: AnyDefinition): CapabilityProvider {
  const { name, summary = '', contract, configSchema, link } = definition
  return {
    name,
    summary,
    contract:
      typeof contract === 'string' ? (contractForId(contract) ?? rawContract(contract)) : contract,
    configSchema: typeof configSchema === 'object' ? configSchema : schemaOf(configSchema),
    link: (context: never) => link(context) as ReturnType<CapabilityProvider['link']>,
  }
}

/** A function that throws what is wrong, as a schema. */
function schemaOf(parse: (values: Values) => unknown = (values) => values): StandardSchema {
  return {
    '~standard': {
      version: 1,
      vendor: 'wash-ts',
      validate: (values) => {
        try {
          return { value: parse(values as Values) }
        } catch (error) {
          return { issues: [{ message: error instanceof Error ? error.message : String(error) }] }
        }
      },
    },
  }
}
