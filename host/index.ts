export {
  type AnyHostError,
  type ErrorInfo,
  HostError,
  type HostErrorCode,
  type HostErrorDetails,
  hostErrors,
  type ManifestProblem,
} from './errors.ts'
export { type LogFacts, type Logger, silentLogger } from './logger.ts'
export type {
  CapabilityProvider,
  InvokeOptions,
  LinkContext,
  LinkedActor,
  ProviderCall,
  ProviderLink,
} from './provider.ts'
export type { SchemaIssue, SchemaResult, StandardSchema } from './standard-schema.ts'
