/** The way into a running host: its verbs, and a local socket that serves them to its owner. */
export { ControlClient, type ControlRequestOptions } from './client.ts'
export {
  type AnyControlError,
  ControlError,
  type ControlErrorCode,
  type ControlErrorDetails,
  controlErrors,
  type ControlProblem,
} from './errors.ts'
export { chooseHost, findHosts, type RunningHost } from './find-hosts.ts'
export {
  contractIdOf,
  HostControl,
  type HostControlOptions,
  type ProviderSource,
  type RunOptions,
} from './host-control.ts'
export type { LogLine, LogSource } from './log-source.ts'
export {
  errorOnWire,
  type ErrorOnWire,
  type ExplainError,
  RemoteError,
} from './remote-error.ts'
export type {
  ActorReport,
  HostReport,
  InventoryReport,
  LinkReport,
  ProviderReport,
} from './reports.ts'
export { ControlServer, type ControlServerOptions } from './server.ts'
export { type Environment, socketFolder } from './socket-folder.ts'
export {
  type FileOnWire,
  isVerb,
  type LinkReference,
  type Progress,
  type SwapResult,
  type Verb,
  type Verbs,
  verbSchemas,
} from './verbs.ts'
