/** What a host and a provider's process say to each other, for both ends. */
export {
  FrameChannel,
  type FrameChannelOptions,
  type NoAnswer,
  NoAnswerError,
  type RequestOptions,
} from './frame-channel.ts'
export {
  actorSubject,
  type ContentRequest,
  headers,
  localLattice,
  type LogMessage,
  type OpenedLink,
  processLinkName,
  providerProgram,
  providerSubject,
  timeoutHeader,
  timeoutOf,
  verbs,
} from './link-protocol.ts'
export {
  failureResponse,
  ProviderError,
  readResponse,
  successResponse,
} from './provider-error.ts'
