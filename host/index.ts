/** Runs signed actors, links them to capability providers, and routes the calls between them. */
export { findDialect } from './actor-module.ts'
export {
  type AnyEngineError,
  checkInterface,
  defaultLimits,
  EngineError,
  type EngineErrorCode,
  engineErrors,
  type EngineLimits,
  type GuestMetrics,
  loadGuest,
  type ModuleFacts,
  prepare,
  readFacts,
  Scheduler,
  withDefaultLimits,
} from './engine/index.ts'
export {
  type AnyHostError,
  type ErrorInfo,
  HostError,
  type HostErrorCode,
  type HostErrorDetails,
  hostErrors,
  type ManifestProblem,
} from './errors.ts'
export {
  type ActorFacts,
  type CloudEvent,
  cloudEvent,
  type EventReason,
  eventReason,
  type HostEvent,
  type HostEventListener,
  type LinkFacts,
  toCloudEvent,
} from './events.ts'
export { ForeignLink, type ForeignLinkRequest } from './foreign-link.ts'
export { Host } from './host.ts'
export type {
  ActorLimits,
  HostOptions,
  StartActorOptions,
  StopOptions,
  UpdateActorOptions,
} from './host-options.ts'
export type { ActorInfo, HostInventory, LinkInfo } from './inventory.ts'
export type { CopyFailure, CopyProgress, CopyReport } from './link-copy.ts'
export type { SwapReport } from './linker.ts'
export { defaultLinkName, type LinkDefinition } from './link-definition.ts'
export { linkKey } from './link-definitions.ts'
export { LineLimit, type LineRate } from './line-limit.ts'
export { type LogFacts, type Logger, silentLogger } from './logger.ts'
export { applyManifest } from './manifest/apply.ts'
export { LiveManifest, type ManifestChanges, type UpdatedActor } from './manifest/live-manifest.ts'
export {
  type Manifest,
  type ManifestActor,
  type ManifestOptions,
  parseManifest,
  type ProviderFile,
  readManifest,
} from './manifest/manifest.ts'
export { type ManifestDocument, manifestSchema } from './manifest/schema.ts'
export {
  fileReason,
  maxFileBytes,
  type ModuleSource,
  readModule,
  readWithin,
} from './module-file.ts'
export { type Authorizer, type Policy, policyAuthorizer, type Verdict } from './policy.ts'
export {
  type PortableProvider,
  portableProvider,
  type PortableProviderOptions,
} from './portable-provider.ts'
export type {
  CapabilityProvider,
  InvokeOptions,
  LinkContent,
  LinkContext,
  LinkedActor,
  ProviderCall,
  ProviderLink,
} from './provider.ts'
export type { OutgoingActorCall, ReceivedCall, Remote, RunningActor } from './remote.ts'
export type { SwapOptions, SwapRequest } from './swap.ts'
export type { SchemaIssue, SchemaResult, StandardSchema } from './standard-schema.ts'
export { visibleText } from './visible-text.ts'
