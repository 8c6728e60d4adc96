/**
 * What a host tells a provider's process when it starts it: one line of base64 on its standard input,
 * JSON inside, as wasmCloud's OTP hosts wrote it.
 */
import * as v from 'valibot'
import { asContractError, MessageFault } from './errors.ts'
import type { WasmbusLinkDefinition } from './wasmbus.ts'

/** Everything that a provider's process is told when it starts. Texts are empty where there is nothing to say. */
export interface HostData {
  /** `N…` */
  readonly hostId: string
  /** The name of the lattice, `default` unless it has another. */
  readonly latticeRpcPrefix: string
  readonly linkName: string
  readonly latticeRpcUserJwt: string
  readonly latticeRpcUserSeed: string
  /** Where its NATS server is; empty for a provider whose messages its host carries itself. */
  readonly latticeRpcUrl: string
  /** `V…` */
  readonly providerKey: string
  /** The seed that signs invocations. */
  readonly invocationSeed: string
  readonly envValues: Readonly<Record<string, string>>
  /** A UUID of this run. */
  readonly instanceId: string
  /** Links that there are already. */
  readonly linkDefinitions: readonly WasmbusLinkDefinition[]
  /** `C…`: keys whose invocations count. */
  readonly clusterIssuers: readonly string[]
  /** JSON of its own for the provider, whoever it is linked to; `null` if there is none. */
  readonly configJson: string | null
  /** Milliseconds that a call may take unless it says otherwise; `null` for 2000. */
  readonly defaultRpcTimeoutMs: number | null
  readonly structuredLogging: boolean
}

/** Characters of the longest line that is read. */
export const maxHostDataLength: number = 1024 * 1024

const text = v.optional(v.nullable(v.string(), ''), '')
const textMap = v.optional(v.record(v.string(), v.string()), {})
const linkSchema = v.object({
  id: text,
  actor_id: v.string(),
  provider_id: v.string(),
  link_name: v.string(),
  contract_id: v.string(),
  values: textMap,
})
const schema = v.object({
  host_id: v.string(),
  lattice_rpc_prefix: v.string(),
  link_name: v.string(),
  lattice_rpc_user_jwt: text,
  lattice_rpc_user_seed: text,
  lattice_rpc_url: text,
  provider_key: v.string(),
  invocation_seed: text,
  env_values: textMap,
  instance_id: text,
  link_definitions: v.optional(v.array(linkSchema), []),
  cluster_issuers: v.optional(v.array(v.string()), []),
  config_json: v.optional(v.nullable(v.string()), null),
  default_rpc_timeout_ms: v.optional(v.nullable(v.pipe(v.number(), v.safeInteger())), null),
  structured_logging: v.optional(v.boolean(), false),
})

/** The line, without the line break that ends it. */
export function encodeHostData(data: HostData): string {
  const json = JSON.stringify({
    host_id: data.hostId,
    lattice_rpc_prefix: data.latticeRpcPrefix,
    link_name: data.linkName,
    lattice_rpc_user_jwt: data.latticeRpcUserJwt,
    lattice_rpc_user_seed: data.latticeRpcUserSeed,
    lattice_rpc_url: data.latticeRpcUrl,
    provider_key: data.providerKey,
    invocation_seed: data.invocationSeed,
    env_values: data.envValues,
    instance_id: data.instanceId,
    link_definitions: data.linkDefinitions.map((link) => ({
      id: link.id,
      actor_id: link.actorId,
      provider_id: link.providerId,
      link_name: link.linkName,
      contract_id: link.contractId,
      values: link.values,
    })),
    cluster_issuers: data.clusterIssuers,
    config_json: data.configJson,
    default_rpc_timeout_ms: data.defaultRpcTimeoutMs,
    structured_logging: data.structuredLogging,
  })
  return Buffer.from(json).toString('base64')
}

/**
 * Reads the line. Keys that are not known are ignored: later hosts wrote more of them.
 *
 * @throws ContractError `ERR_MESSAGE_INVALID`; it repeats nothing of what was read, for there are seeds in it
 */
export function decodeHostData(line: string): HostData {
  try {
    return read(line.trim())
  } catch (error) {
    throw asContractError(error, 'wasmbus', 'HostData')
  }
}

function read(line: string): HostData {
  if (line.length > maxHostDataLength) throw new MessageFault(`longer than ${maxHostDataLength}`)
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(line)) throw new MessageFault('not base64')
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(line, 'base64')))
  } catch {
    throw new MessageFault('not JSON in UTF-8')
  }
  const { success, output, issues } = v.safeParse(schema, json)
  if (!success) {
    const [issue] = issues
    const path = (issue.path ?? []).map(({ key }) => String(key)).join('.')
    throw new MessageFault(`expected ${issue.expected}, found ${issue.received}`, path)
  }
  return {
    hostId: output.host_id,
    latticeRpcPrefix: output.lattice_rpc_prefix,
    linkName: output.link_name,
    latticeRpcUserJwt: output.lattice_rpc_user_jwt,
    latticeRpcUserSeed: output.lattice_rpc_user_seed,
    latticeRpcUrl: output.lattice_rpc_url,
    providerKey: output.provider_key,
    invocationSeed: output.invocation_seed,
    envValues: output.env_values,
    instanceId: output.instance_id,
    linkDefinitions: output.link_definitions.map((link) => ({
      id: link.id,
      actorId: link.actor_id,
      providerId: link.provider_id,
      linkName: link.link_name,
      contractId: link.contract_id,
      values: link.values,
    })),
    clusterIssuers: output.cluster_issuers,
    configJson: output.config_json,
    defaultRpcTimeoutMs: output.default_rpc_timeout_ms,
    structuredLogging: output.structured_logging,
  }
}
