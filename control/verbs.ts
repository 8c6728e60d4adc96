import * as v from 'valibot'
import type { HealthResponse } from '../contracts/index.ts'
import type {
  ActorReport,
  HostReport,
  InventoryReport,
  LinkReport,
  ProviderReport,
} from './reports.ts'

/** A module or an archive: a file that the host reads itself, or its bytes. */
export type FileOnWire =
  | {
      /** Absolute, and of the machine that the host runs on. */
      readonly path: string
    }
  | {
      /** In base64. */
      readonly bytes: string
    }

/** Which link: the id of a contract in any dialect, or its neutral name (`keyvalue`). */
export interface LinkReference {
  /** Public key, call alias or name. */
  readonly actor: string
  readonly contractId: string
  /** Default: `default`. */
  readonly linkName?: string | undefined
}

/** What can be asked of a running host: by verb, what goes there and what comes back, as JSON. */
export interface Verbs {
  /** The host itself. */
  host: { request: Record<string, never>; response: HostReport }
  /** Everything on the host. */
  inventory: {
    request: {
      /** Ask every actor after its health as well, for a second at most. Default: false. */
      readonly health?: boolean | undefined
    }
    response: InventoryReport
  }
  'start-actor': { request: { readonly module: FileOnWire }; response: { actor: ActorReport } }
  'stop-actor': { request: { readonly actor: string }; response: { id: string; name: string } }
  'update-actor': {
    request: {
      readonly module: FileOnWire
      /** The actor it must be: public key, call alias or name. Default: whichever it is. */
      readonly actor?: string | undefined
      readonly allowAnyRevision?: boolean | undefined
      readonly allowAnyIssuer?: boolean | undefined
    }
    response: { actor: ActorReport; oldRevision: number; durationMs: number }
  }
  'put-link': {
    request: LinkReference & {
      /** Default: the first provider of the contract. */
      readonly provider?: string | undefined
      readonly values?: Readonly<Record<string, string>> | undefined
    }
    /** No link while the actor does not run: it is made when it starts. */
    response: { link: LinkReport | null }
  }
  'delete-link': { request: LinkReference; response: { deleted: boolean } }
  'start-provider': {
    /** A file, or the name of a provider that the host could register but has not. */
    request: { readonly provider: FileOnWire | string }
    response: { provider: ProviderReport }
  }
  'stop-provider': { request: { readonly provider: string }; response: { provider: string } }
  swap: {
    request: {
      readonly contractId: string
      /** Default: every link name. */
      readonly linkName?: string | undefined
      /** Default: every actor. */
      readonly actor?: string | undefined
      /** The name of a registered provider, or a file to load one from. */
      readonly provider: FileOnWire | string
      /** Default: each link keeps its own. */
      readonly values?: Readonly<Record<string, string>> | undefined
      /** Take what the old provider keeps along. Default: false. */
      readonly copy?: boolean | undefined
    }
    response: SwapResult
  }
  call: {
    request: {
      readonly actor: string
      readonly operation: string
      /** As `wash-ts call` takes it. */
      readonly json?: unknown
      /** The operation's bytes in base64, by its name on the wire, in the place of `json`. */
      readonly payload?: string | undefined
      readonly timeoutMs?: number | undefined
    }
    /** `payload` (base64) where bytes were given, else `json`. */
    response: { json: unknown } | { payload: string }
  }
  health: {
    request: {
      /** Default: every actor. */
      readonly actor?: string | undefined
      readonly timeoutMs?: number | undefined
    }
    response: {
      /** True if all that were asked are. */
      readonly healthy: boolean
      readonly actors: readonly ({ readonly id: string; readonly name: string } & HealthResponse)[]
    }
  }
  /** Answered before the host stops; its events tell when it has. */
  'stop-host': { request: Record<string, never>; response: { host: string } }
}

/** What came of a swap. */
export interface SwapResult {
  /** How many links turned over. */
  readonly links: number
  /** How long calls over these links were held back. */
  readonly pauseMs: number
  readonly provider: string
  /** Absent where nothing was to be copied. */
  readonly copied?:
    | {
        readonly keys: number
        readonly failed: readonly {
          readonly actor: string
          readonly linkName: string
          readonly key: string
          readonly reason: string
        }[]
      }
    | undefined
}

/** The name of a verb. */
export type Verb = keyof Verbs

/** What a verb says while it is under way. */
export interface Progress {
  readonly copiedKeys: number
  readonly totalKeys: number
}

const text = v.pipe(v.string(), v.nonEmpty('may not be empty'), v.maxLength(4_096))
const values = v.record(v.string(), v.string())
const timeoutMs = v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(3_600_000))
const path = v.pipe(
  v.string(),
  v.maxLength(4_096),
  v.regex(/^(\/|[A-Za-z]:[\\/]|\\\\)/, 'must be an absolute path'),
)
/** Not valibot's own, whose expression overflows the stack from a few MiB on. */
const base64 = v.pipe(
  v.string(),
  v.check(
    (given) => given.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(given),
    'is not base64',
  ),
)
const file = v.union(
  [v.strictObject({ path }), v.strictObject({ bytes: base64 })],
  'expected an object with an absolute path, or with bytes in base64',
)
const provider = v.union(
  [text, v.strictObject({ path }), v.strictObject({ bytes: base64 })],
  'expected a name, or an object with an absolute path or with bytes in base64',
)
const link = { actor: text, contractId: text, linkName: v.optional(text) }

type Schemas = { readonly [V in Verb]: v.GenericSchema<unknown, Verbs[V]['request']> }

/** The schema of every verb's request; strict: an unknown key is a mistake. */
export const verbSchemas: Schemas = {
  host: v.strictObject({}),
  inventory: v.strictObject({ health: v.optional(v.boolean()) }),
  'start-actor': v.strictObject({ module: file }),
  'stop-actor': v.strictObject({ actor: text }),
  'update-actor': v.strictObject({
    module: file,
    actor: v.optional(text),
    allowAnyRevision: v.optional(v.boolean()),
    allowAnyIssuer: v.optional(v.boolean()),
  }),
  'put-link': v.strictObject({ ...link, provider: v.optional(text), values: v.optional(values) }),
  'delete-link': v.strictObject(link),
  'start-provider': v.strictObject({ provider }),
  'stop-provider': v.strictObject({ provider: text }),
  swap: v.strictObject({
    contractId: text,
    linkName: v.optional(text),
    actor: v.optional(text),
    provider,
    values: v.optional(values),
    copy: v.optional(v.boolean()),
  }),
  call: v.strictObject({
    actor: text,
    operation: text,
    json: v.optional(v.unknown()),
    payload: v.optional(base64),
    timeoutMs: v.optional(timeoutMs),
  }),
  health: v.strictObject({ actor: v.optional(text), timeoutMs: v.optional(timeoutMs) }),
  'stop-host': v.strictObject({}),
}

/** Whether there is such a verb. */
export function isVerb(name: string): name is Verb {
  return Object.hasOwn(verbSchemas, name)
}
