/** Keys and claims: who made an actor, what it may use, and whether it is still the one that was signed. */

export {
  type ActorInspection,
  type ActorModule,
  inspectActor,
  readActor,
  signActor,
  type VerifiedActor,
  verifyActor,
} from './actor.ts'
export {
  type ArchiveClaimsInput,
  type ArchiveInspection,
  type ArchiveLibrary,
  createArchive,
  type CreateArchiveOptions,
  insertIntoArchive,
  inspectArchive,
  looksLikeArchive,
  maxArchiveBytes,
  type ProviderArchive,
  type VerifiedArchive,
  verifyArchive,
  type VerifyArchiveOptions,
} from './archive.ts'
export type { ArchiveSource } from './archive-stream.ts'
export { normaliseCallAlias } from './call-alias.ts'
export { type ClaimsSectionName, type ModuleHash, stripClaims } from './claims-section.ts'
export type {
  ActorClaims,
  ActorClaimsInput,
  ClaimsInputOf,
  ClaimsOf,
  CommonClaims,
  EntityClaims,
  EntityClaimsInput,
  InvocationClaims,
  InvocationClaimsInput,
  ProviderClaims,
  ProviderClaimsInput,
  TokenKind,
} from './claims.ts'
export {
  type AnySigningError,
  type ErrorInfo,
  type NkeyFault,
  SigningError,
  type SigningErrorCode,
  type SigningErrorDetails,
  signingErrors,
  type TokenPart,
} from './errors.ts'
export { KeyPair, verifySignature } from './key-pair.ts'
export { keyLetter, type KeyType, keyTypes } from './key-type.ts'
export {
  type AccountId,
  type ActorId,
  type HostId,
  isPublicKey,
  parseAccountId,
  parseActorId,
  parseHostId,
  parseProviderId,
  parsePublicKey,
  type ProviderId,
  type PublicKey,
} from './nkey.ts'
export {
  type DecodedToken,
  decodeToken,
  type SigningKeys,
  type SignOptions,
  signToken,
  tokenKindOf,
  type VerifiedToken,
  verifyToken,
} from './signed-token.ts'
export { isJsonObject, type JsonObject, type JsonValue } from './strict-json.ts'
export {
  checkValidity,
  validityFailure,
  type ValidityOptions,
  type ValidityPeriod,
} from './validity.ts'
