/** Several hosts as one, over NATS. */
export { Antiforgery, type AntiforgeryOptions, type InvocationFacts } from './antiforgery.ts'
export {
  type AnyLatticeError,
  LatticeError,
  type LatticeErrorCode,
  type LatticeErrorDetails,
  latticeErrors,
} from './errors.ts'
export { RemoteFailure } from './invocation-message.ts'
export { Lattice, type LatticeOptions } from './lattice.ts'
export type { Login, NatsAccess } from '../nats/index.ts'
export { type HostVerb, type LatticeVerb, type ProviderVerb, Subjects } from './subjects.ts'
