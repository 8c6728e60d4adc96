/** For authors of capability providers: define one, run it in a host or put it into an archive. */
export { ProviderError } from './channel/index.ts'
export { type DefinedLink, defineProvider, type ProviderDefinition } from './define-provider.ts'
export { type OpenLink, openLink, type OpenLinkOptions } from './open-link.ts'
export type {
  CapabilityProvider,
  InvokeOptions,
  LinkContent,
  LinkContext,
  LinkedActor,
  LogFacts,
  Logger,
  ProviderCall,
  ProviderLink,
  SchemaIssue,
  SchemaResult,
  StandardSchema,
} from '../host/index.ts'
