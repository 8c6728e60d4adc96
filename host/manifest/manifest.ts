import { stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import * as v from 'valibot'
import { contractForId } from '../../contracts/index.ts'
import { HostError, type ManifestProblem } from '../errors.ts'
import { eventReason } from '../events.ts'
import { contractOf } from '../host-calls.ts'
import { fileReason, readWithin } from '../module-file.ts'
import type { ActorLimits } from '../host-options.ts'
import { type LinkDefinition, normaliseLinkName } from '../link-definition.ts'
import type { Policy } from '../policy.ts'
import type { CapabilityProvider } from '../provider.ts'
import type { StandardSchema } from '../standard-schema.ts'
import { pathText } from './path-text.ts'
import { type ManifestDocument, manifestSchema } from './schema.ts'

/** What a manifest asks for, ready to be done. */
export interface Manifest {
  readonly labels: Readonly<Record<string, string>>
  readonly policy: Policy
  /** Limits of every actor that states none. */
  readonly limits: ActorLimits
  readonly actors: readonly ManifestActor[]
  /** In the order to register them. */
  readonly providers: readonly CapabilityProvider[]
  /** `actor` may be the `reference` of one of `actors`. */
  readonly links: readonly LinkDefinition[]
  /** What was understood in another way than it was written. */
  readonly warnings: readonly ManifestProblem[]
  /** Where each of `actors` and of `links` is stated, from 1. */
  readonly lines: { readonly actors: readonly number[]; readonly links: readonly number[] }
}

/** An actor to start. */
export interface ManifestActor {
  /** As the manifest writes it: links may refer to it. */
  readonly reference: string
  /** Absolute path of the module. */
  readonly path: string
  readonly limits?: ActorLimits
}

/** What a manifest is read with. */
export interface ManifestOptions {
  /** The providers that it may use, the default one of each contract first. */
  readonly providers: readonly CapabilityProvider[]
  /**
   * Loads a provider from a file that `capabilities` names by its `path`, or its `image_ref` where that is
   * a file: once each time the manifest is read. `undefined` if the file is of no kind that it knows; a stock provider then takes its place, as
   * for the native libraries of waSCC. Default: no file is.
   */
  readonly loadProvider?: (file: ProviderFile) => Promise<CapabilityProvider | undefined>
  /** For `${VAR}` and `${VAR:default}`. Default: none is set. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

/** A file that a manifest wants a provider from, and what the manifest says that bears on it. */
export interface ProviderFile {
  /** Absolute. */
  readonly path: string
  readonly policy: Policy
  readonly limits: ActorLimits
}

/** Bytes of the largest manifest that is read. */
const maxManifestBytes = 1024 * 1024

/**
 * Reads a manifest from a file: YAML or JSON, with waSCC's keys, wasmCloud 0.18's, and ours.
 *
 * @throws HostError `ERR_MANIFEST_INVALID` with every mistake, `ERR_MODULE_NOT_FOUND` if there is no
 * such file
 */
export async function readManifest(path: string, options: ManifestOptions): Promise<Manifest> {
  const absolute = resolve(path)
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(
      await readWithin(absolute, maxManifestBytes),
    )
  } catch (cause) {
    const message = `cannot read ${absolute}: ${fileReason(cause)}`
    throw new HostError('ERR_MODULE_NOT_FOUND', { path: absolute }, message, { cause })
  }
  return parseManifest(text, absolute, options)
}

/**
 * Parses a manifest's text.
 *
 * @param path Of the file, which the paths in it are relative to.
 * @throws HostError `ERR_MANIFEST_INVALID` with every mistake in it
 */
export async function parseManifest(
  text: string,
  path: string,
  options: ManifestOptions,
): Promise<Manifest> {
  // A host without a manifest need not pay for reading YAML.
  const { ManifestText } = await import('./document.ts')
  const source = new ManifestText(text)
  if (source.problems.length > 0) throw invalid(path, source.problems)
  source.expand(options.env ?? {})
  const problems = [...source.problems]
  const document = source.toJs()
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    const problem = 'expected an object with keys such as actors and links'
    throw invalid(path, [{ path: '', line: 1, problem }])
  }
  const parsed = v.safeParse(manifestSchema, document)
  const at = (where: readonly PropertyKey[], problem: string): ManifestProblem => ({
    path: pathText(where),
    line: source.lineAt(where),
    problem,
  })
  if (!parsed.success) {
    // What was to come from a variable that is not set is told already.
    const told = new Set(problems.map((problem) => problem.path))
    const mistakes = parsed.issues
      .flatMap((issue) => describe(issue).map((mistake) => at(...mistake)))
      .filter((mistake) => !told.has(mistake.path))
    throw invalid(
      path,
      [...problems, ...mistakes].sort((a, b) => a.line - b.line),
    )
  }
  const warnings: ManifestProblem[] = []
  const report: Report = {
    problem: (where, problem) => problems.push(at(where, problem)),
    warning: (where, problem) => warnings.push(at(where, problem)),
  }
  const loaded = await loadProviders(parsed.output, dirname(path), options, report)
  const manifest = interpret(parsed.output, dirname(path), options.providers, loaded, report)
  await checkValues(manifest, parsed.output.bindings.length, report)
  if (problems.length > 0) throw invalid(path, problems)
  const bindings = parsed.output.bindings.length
  const lines = {
    actors: manifest.actors.map((_, index) => source.lineAt(['actors', index])),
    links: manifest.links.map((_, index) => source.lineAt(linkPath(index, bindings))),
  }
  return { ...manifest, warnings, lines }
}

interface Report {
  problem(where: readonly PropertyKey[], problem: string): void
  warning(where: readonly PropertyKey[], problem: string): void
}

/** By their place among `capabilities`; `undefined` for one that could not be loaded. */
type LoadedProviders = ReadonlyMap<number, CapabilityProvider | undefined>

/** The providers that come from files. */
async function loadProviders(
  { capabilities, policy, limits }: ManifestDocument,
  folder: string,
  { loadProvider }: ManifestOptions,
  report: Report,
): Promise<LoadedProviders> {
  const loaded = new Map<number, CapabilityProvider | undefined>()
  if (!loadProvider) return loaded
  for (const [index, capability] of (capabilities ?? []).entries()) {
    if ('provider' in capability) continue
    const path = resolve(folder, referenceOf(capability))
    // wasmCloud meant images of a registry; one that is a file here is that file.
    if ('image_ref' in capability && !(await isFile(path))) continue
    try {
      const provider = await loadProvider({ path, policy: policy as Policy, limits })
      if (provider) loaded.set(index, provider)
    } catch (error) {
      loaded.set(index, undefined)
      report.problem(['capabilities', index], eventReason(error).message)
    }
  }
  return loaded
}

type Capability = NonNullable<ManifestDocument['capabilities']>[number]

function referenceOf(capability: Capability): string {
  if ('provider' in capability) return capability.provider
  return 'path' in capability ? capability.path : capability.image_ref
}

function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isFile(),
    () => false,
  )
}

function interpret(
  document: ManifestDocument,
  folder: string,
  available: readonly CapabilityProvider[],
  loaded: LoadedProviders,
  report: Report,
): Omit<Manifest, 'warnings' | 'lines'> {
  const actors = document.actors.map((entry): ManifestActor => {
    const { path, limits } = typeof entry === 'string' ? { path: entry } : entry
    return { reference: path, path: resolve(folder, path), ...(limits && { limits }) }
  })
  const links: LinkDefinition[] = [
    ...document.bindings.map(({ capability, binding, ...rest }) => ({
      ...rest,
      contractId: capability,
      linkName: binding,
    })),
    ...document.links.map(({ contract_id, link_name, provider, provider_id, ...rest }) => ({
      ...rest,
      contractId: contract_id,
      linkName: link_name,
      ...namedProvider(provider ?? provider_id, document, loaded),
    })),
  ]
  const providers = chooseProviders(document, available, loaded, report)
  checkLinks(links, document.bindings.length, providers, report)
  return {
    labels: document.labels,
    policy: document.policy as Policy,
    limits: document.limits,
    actors,
    providers,
    links,
  }
}

/**
 * A provider by its name, or by the file or the key of one that came from a file. Any other key of
 * wasmCloud's says nothing here: the contract chooses.
 */
function namedProvider(
  reference: string | undefined,
  { capabilities = [] }: ManifestDocument,
  loaded: LoadedProviders,
): { provider?: string } {
  if (reference === undefined) return {}
  const file = capabilities.findIndex((capability) => referenceOf(capability) === reference)
  const own =
    loaded.get(file) ?? [...loaded.values()].find((each) => each?.claims?.subject === reference)
  if (own) return { provider: own.name }
  return /^V[A-Z2-7]{55}$/.test(reference) ? {} : { provider: reference }
}

function chooseProviders(
  document: ManifestDocument,
  available: readonly CapabilityProvider[],
  loaded: LoadedProviders,
  report: Report,
): readonly CapabilityProvider[] {
  const { capabilities } = document
  if (!capabilities) return available
  const names = available.map(({ name }) => name).join(', ')
  const chosen = new Set<CapabilityProvider>()
  capabilities.forEach((capability, index) => {
    const where = ['capabilities', index]
    if (loaded.has(index)) {
      const own = loaded.get(index)
      if (own) chosen.add(own)
      return
    }
    const reference = referenceOf(capability)
    const named = available.find(({ name }) => name === reference)
    const served =
      named ?? ('provider' in capability ? undefined : stockProviderOf(reference, available))
    if (!served)
      report.problem(where, `no provider is ${JSON.stringify(reference)}; there are ${names}`)
    else {
      chosen.add(served)
      if (!named) report.warning(where, `${reference} is served by the provider ${served.name}`)
    }
  })
  for (const provider of available) if (provider.automatic) chosen.add(provider)
  for (const [index, own] of loaded) {
    const isTwin = [...chosen].some((other) => other !== own && other.name === own?.name)
    if (isTwin) report.problem(['capabilities', index], `another provider is named ${own?.name}`)
  }
  return [...chosen]
}

/** What the native libraries and archives of waSCC and wasmCloud served, by what their names say. */
const artefacts: readonly (readonly [RegExp, string])[] = [
  [/http[-_]?(server|srv)/i, 'wascc:http_server'],
  [/redis|key[-_]?value|kv/i, 'wascc:keyvalue'],
  [/logg/i, 'wascc:logging'],
  [/nats|messag/i, 'wascc:messaging'],
  [/extras|numbergen/i, 'wascc:extras'],
]

function stockProviderOf(
  reference: string,
  available: readonly CapabilityProvider[],
): CapabilityProvider | undefined {
  const file = reference.slice(reference.lastIndexOf('/') + 1)
  const contract = artefacts.find(([pattern]) => pattern.test(file))?.[1]
  return contract === undefined
    ? undefined
    : available.find((provider) => provider.contract === contractForId(contract))
}

function checkLinks(
  links: readonly LinkDefinition[],
  bindings: number,
  providers: readonly CapabilityProvider[],
  report: Report,
): void {
  const seen = new Map<string, readonly PropertyKey[]>()
  links.forEach((link, index) => {
    const where = linkPath(index, bindings)
    const contract = contractOf(link.contractId).name
    const key = JSON.stringify([link.actor, contract, normaliseLinkName(link.linkName)])
    const earlier = seen.get(key)
    if (earlier) report.problem(where, `says again what ${pathText(earlier)} says`)
    seen.set(key, where)
    if (link.provider === undefined) return
    const provider = providers.find(({ name }) => name === link.provider)
    if (!provider) {
      report.problem(
        [...where, 'provider'],
        `no provider is named ${JSON.stringify(link.provider)}; there are ${providers.map(({ name }) => name).join(', ')}`,
      )
    } else if (provider.contract.name !== contract) {
      report.problem(
        [...where, 'provider'],
        `${provider.name} serves ${provider.contract.ids[0]}, not ${link.contractId}`,
      )
    }
  })
}

/** Where a link is in the document: waSCC's come first. */
function linkPath(index: number, bindings: number): readonly PropertyKey[] {
  return index < bindings ? ['bindings', index] : ['links', index - bindings]
}

/** What the provider of each link will say to its values, said while their lines are known. */
async function checkValues(
  { links, providers }: Pick<Manifest, 'links' | 'providers'>,
  bindings: number,
  report: Report,
): Promise<void> {
  for (const [index, link] of links.entries()) {
    const contract = contractOf(link.contractId).name
    const provider = providers.find(
      ({ name, contract: served }) => served.name === contract && (link.provider ?? name) === name,
    )
    const schema: StandardSchema | undefined = provider?.configSchema
    const { issues = [] } = (await schema?.['~standard'].validate(link.values ?? {})) ?? {}
    const where = linkPath(index, bindings)
    for (const { path, message } of issues) {
      const keys = (path ?? []).map((step) => (typeof step === 'object' ? step.key : step))
      report.problem([...where, 'values', ...keys], message)
    }
  }
}

type Mistake = [path: readonly PropertyKey[], problem: string]

function describe(issue: v.BaseIssue<unknown>, above: readonly PropertyKey[] = []): Mistake[] {
  const own = (issue.path ?? []).map((step) => (step as { key: PropertyKey }).key)
  const path = [...above, ...own]
  if (issue.type === 'strict_object' && issue.expected === 'never') return [[path, 'unknown key']]
  if (issue.received === 'undefined') return [[path, 'is missing']]
  // The generic message repeats the types in valibot's words; a written one says it better.
  if (!issue.message.startsWith('Invalid ')) return [[path, issue.message]]
  const inside = issue.issues?.filter((sub) => sub.path !== undefined) ?? []
  if (inside.length > 0) return inside.flatMap((sub) => describe(sub, path))
  return [[path, `expected ${issue.expected}, not ${issue.received}`]]
}

function invalid(path: string, problems: readonly ManifestProblem[]): HostError {
  const lines = problems.map(
    ({ path: where, line, problem }) => `  line ${line}: ${where ? `${where}: ` : ''}${problem}`,
  )
  const count = problems.length === 1 ? 'one mistake' : `${problems.length} mistakes`
  return new HostError(
    'ERR_MANIFEST_INVALID',
    { path, problems },
    `${path} has ${count}:\n${lines.join('\n')}`,
  )
}
