import { randomUUID } from 'node:crypto'
import {
  type Invocation,
  linkDefinition,
  type WasmbusEntity,
  type WasmbusLinkDefinition,
} from '../contracts/index.ts'
import type { Antiforgery } from './antiforgery.ts'
import type { Headers, ReceivedMessage } from './connection.ts'
import { headerNames } from './invocation-message.ts'

/** What is said of a link. */
export type LinkVerb = 'linkdefs.put' | 'linkdefs.del'

/** A link message as it is sent. */
export interface LinkMessage {
  readonly body: Uint8Array
  readonly headers: Headers
}

/** A link message that a host of the lattice sent. */
export interface VerifiedLinkMessage {
  readonly link: WasmbusLinkDefinition
  /** Of the actor that is linked, not verified; empty if none came. */
  readonly actorToken: string
  /** `N…` of who sent it. */
  readonly hostId: string
}

/**
 * Says of a link that it is wanted, or not any more: wasmCloud's message, which is a bare definition,
 * and in its headers a token as invocations have it, so that nobody is linked whom no host speaks for.
 */
export async function signLinkMessage(
  antiforgery: Antiforgery,
  verb: LinkVerb,
  link: WasmbusLinkDefinition,
  sender: { readonly hostId: string; readonly actorToken: string },
): Promise<LinkMessage> {
  const body = linkDefinition.encode(link)
  const id = randomUUID()
  return {
    body,
    headers: {
      [headerNames.invocationId]: id,
      [headerNames.invocationToken]: await antiforgery.sign(factsOf(id, verb, link, body)),
      [headerNames.hostId]: sender.hostId,
      [headerNames.actorToken]: sender.actorToken,
    },
  }
}

/** @throws LatticeError `ERR_INVOCATION_REFUSED`; ContractError `ERR_MESSAGE_INVALID` */
export async function verifyLinkMessage(
  antiforgery: Antiforgery,
  verb: LinkVerb,
  message: ReceivedMessage,
): Promise<VerifiedLinkMessage> {
  const link = linkDefinition.decode(message.body)
  const id = message.header(headerNames.invocationId)
  const facts = factsOf(id, verb, link, message.body)
  await antiforgery.verify(facts, message.header(headerNames.invocationToken))
  return {
    link,
    actorToken: message.header(headerNames.actorToken),
    hostId: message.header(headerNames.hostId),
  }
}

function factsOf(
  id: string,
  verb: LinkVerb,
  link: WasmbusLinkDefinition,
  msg: Uint8Array,
): Pick<Invocation, 'id' | 'origin' | 'target' | 'operation' | 'msg'> {
  const origin = { publicKey: link.actorId, contractId: '', linkName: '' }
  return { id, origin, target: linkEntity(link), operation: verb, msg }
}

/** The provider's end of a link, as invocations name it. */
export function linkEntity({
  providerId: publicKey,
  contractId,
  linkName,
}: Pick<WasmbusLinkDefinition, 'providerId' | 'contractId' | 'linkName'>): WasmbusEntity {
  return { publicKey, contractId, linkName }
}
