import type { Host, Logger } from '../host/index.ts'
import type { LatticeOptions } from '../lattice/index.ts'
import { parsePublicKey } from '../signing/index.ts'
import { usage } from './arguments.ts'
import type { OptionSpec, OptionValues } from './command.ts'
import { directoryOption, findKey } from './key-store.ts'
import { ownVersion } from './package-files.ts'
import type { Terminal } from './terminal.ts'
import { printEvent } from './host-report.ts'

/** Which lattice a host is to join. */
export type LatticeRequest = Omit<LatticeOptions, 'log' | 'now' | 'clusterKey'> & {
  readonly options: OptionValues
}

const defaultUrl = 'nats://127.0.0.1:4222'

/** The flags of commands that run a host which may be in a lattice. */
export const latticeOptions: Readonly<Record<string, OptionSpec>> = {
  lattice: {
    type: 'text',
    value: 'NAME',
    env: 'WASH_LATTICE',
    summary: 'join this lattice: the hosts that share a NATS server and this name',
  },
  nats: {
    type: 'text',
    value: 'URL',
    env: 'WASH_NATS_URL',
    summary: `NATS server of the lattice, with JetStream; several of one cluster separated by commas; default ${defaultUrl}`,
  },
  'nats-creds': {
    type: 'text',
    value: 'FILE',
    env: 'WASH_NATS_CREDS',
    summary: 'log in to NATS with the JWT and seed in this file',
    completeFiles: '.creds',
  },
  'nats-ca': {
    type: 'text',
    value: 'FILE',
    env: 'WASH_NATS_CA',
    summary: 'reach NATS over TLS only, with a certificate that this PEM file’s authority signed',
    completeFiles: '.pem',
  },
  'cluster-key': {
    type: 'text',
    value: 'KEY',
    env: 'WASH_CLUSTER_KEY',
    summary:
      'key that signs calls to other hosts, the same on all of them: a .nk file or a seed; default NAME_cluster.nk, made on first use',
    completeFiles: '.nk',
  },
  'trust-cluster': {
    type: 'text',
    multiple: true,
    value: 'CLUSTER',
    summary: 'take calls that this cluster key (C…) signed as well',
  },
  directory: directoryOption,
}

/** The flag that keeps a host's identity, and so those of its providers on a lattice. */
export const hostKeyOption: OptionSpec = {
  type: 'text',
  value: 'KEY',
  env: 'WASH_HOST_KEY',
  summary:
    'identity of the host, which its providers on a lattice have theirs from: a .nk file or a seed; default a new one for each run',
  completeFiles: '.nk',
}

/**
 * What the flags say of a lattice; `undefined` if the host is to be alone.
 *
 * @throws CliError `ERR_USAGE`
 */
export function latticeRequest(options: OptionValues): LatticeRequest | undefined {
  const name = options.text('lattice')
  if (name === undefined) {
    // Only what no variable stands in for: those may be set for other runs.
    if (options.texts('trust-cluster').length === 0) return undefined
    throw usage('--trust-cluster', '--trust-cluster needs --lattice NAME')
  }
  const path = options.text('nats-creds')
  const caFile = options.text('nats-ca')
  return {
    name,
    nats: {
      url: options.text('nats') ?? defaultUrl,
      ...(path !== undefined && { login: { kind: 'credentials', path } }),
      ...(caFile !== undefined && { caFile }),
    },
    clusterIssuers: options.texts('trust-cluster').map(clusterKey),
    options,
  }
}

/**
 * Joins a lattice, and says so.
 *
 * @throws LatticeError, and what finding the cluster key throws
 */
export async function joinLattice(
  host: Host,
  { options, ...request }: LatticeRequest,
  terminal: Terminal,
  log: Logger,
): Promise<AsyncDisposable> {
  const given = options.text('cluster-key')
  const { pair } = await findKey({ type: 'cluster', given, stem: request.name }, options)
  const { Lattice } = await import('../lattice/index.ts')
  const lattice = await Lattice.join(host, {
    ...request,
    clusterKey: pair,
    version: await ownVersion(),
    log,
  })
  const { name, server } = lattice
  const tell = (event: string): void => {
    if (terminal.json) printEvent(terminal, event, { lattice: name, server })
  }
  if (terminal.json) tell('lattice_joined')
  else terminal.note(`In lattice ${name} at ${server}`)
  lattice.onChange((isUp) => tell(isUp ? 'lattice_back' : 'lattice_away'))
  return lattice
}

function clusterKey(text: string): string {
  try {
    parsePublicKey(text, 'cluster')
    return text
  } catch {
    throw usage(
      '--trust-cluster',
      `--trust-cluster must be a cluster key (C…), not ${JSON.stringify(text)}`,
    )
  }
}
