/** The engine: from wasm bytes to a metered, callable guest. It knows nothing of claims or links. */
export { type Clock, systemClock, type Timer } from './clock.ts'
export {
  checkInterface,
  compileGuest,
  type CompileGuestOptions,
  type GuestModule,
  loadGuest,
  type LoadGuestOptions,
  type OpenGuestOptions,
} from './engine.ts'
export {
  type AnyEngineError,
  EngineError,
  type EngineErrorCode,
  type EngineErrorDetails,
  engineErrors,
  type ErrorInfo,
} from './errors.ts'
export type { CallOptions, Guest } from './guest.ts'
export type { GuestHooks, HostCall } from './host-call.ts'
export { defaultLimits, type EngineLimits, withDefaultLimits } from './limits.ts'
export type { GuestMetrics, LatencySnapshot } from './metrics.ts'
export {
  type ExportFact,
  type ImportFact,
  type ModuleFacts,
  prepare,
  type PreparedModule,
  type PrepareLimits,
  readFacts,
} from './prepare/index.ts'
export { Scheduler, type SchedulerOptions } from './scheduler.ts'
