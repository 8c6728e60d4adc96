/** Several hosts as one, over NATS. */
export {
  type AnyLatticeError,
  LatticeError,
  type LatticeErrorCode,
  type LatticeErrorDetails,
  latticeErrors,
} from './errors.ts'
export { type HostVerb, type LatticeVerb, type ProviderVerb, Subjects } from './subjects.ts'
