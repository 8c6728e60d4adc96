import type {
  ActorReport,
  HostReport,
  InventoryReport,
  LinkReport,
  ProviderReport,
  RunningHost,
} from '../control/index.ts'
import { formatTable, shortKey, spanText } from './table.ts'
import type { Terminal } from './terminal.ts'

/** Whether whole keys and more columns are wanted. */
export interface TableOptions {
  readonly wide: boolean
  readonly terminal: Pick<Terminal, 'columns' | 'paint'>
}

/** Hosts, for people. */
export function hostTable(hosts: readonly RunningHost[], { wide, terminal }: TableOptions): string {
  const header = ['HOST', 'NAME', 'PROCESS', 'ACTORS', 'UPTIME', 'VERSION']
  const rows = hosts.map(({ report, socket }) => {
    const {
      host = '?',
      labels = {},
      pid,
      actors,
      uptimeMs,
      version = '',
    }: Partial<HostReport> = report ?? {}
    const row = [
      wide ? host : host.slice(0, 16),
      labels['name'] ?? '',
      String(pid ?? ''),
      report ? String(actors) : 'does not answer',
      uptimeMs === undefined ? '' : spanText(uptimeMs),
      version,
    ]
    return wide ? [...row, pairs(labels), socket] : row
  })
  const all = wide ? [...header, 'LABELS', 'SOCKET'] : header
  return formatTable(all, rows, terminal, 'No host runs here')
}

/** Actors, for people. */
export function actorTable(
  actors: readonly ActorReport[],
  { wide, terminal }: TableOptions,
): string {
  const withHealth = actors.some(({ health }) => health !== undefined)
  const header = [
    'NAME',
    'REV',
    ...(withHealth ? ['HEALTH'] : []),
    'CALLS',
    'ERRORS',
    'MEAN',
    'MEMORY',
    'LINKS',
    ...(wide ? ['BUSY', 'CPU', 'VERSION', 'DIALECT', 'KEY', 'ISSUER'] : []),
  ]
  const rows = actors.map(({ name, revision, health, metrics, links, ...rest }) => {
    const { calls, errors, latencyMs, memoryHighWaterBytes, instances, cpuMs } = metrics
    const failed = Object.values(errors).reduce((sum, count) => sum + count, 0)
    return [
      name,
      String(revision),
      ...(withHealth ? [healthText(health)] : []),
      String(calls),
      String(failed),
      latencyMs.count === 0 ? '' : `${(latencyMs.sum / latencyMs.count).toFixed(2)} ms`,
      `${Math.ceil(memoryHighWaterBytes / 1024)} KiB`,
      links.map(linkText).join(', '),
      ...(wide
        ? [
            `${instances.busy}/${instances.busy + instances.idle}`,
            `${Math.round(cpuMs)} ms`,
            rest.version ?? '',
            rest.dialect,
            rest.id,
            rest.issuer,
          ]
        : []),
    ]
  })
  return formatTable(header, rows, terminal, 'No actor runs here')
}

/** What actors claim, for people. */
export function claimTable(
  actors: readonly ActorReport[],
  { wide, terminal }: TableOptions,
): string {
  const key = wide ? (id: string): string => id : shortKey
  const rows = actors.map((actor) => [
    actor.name,
    String(actor.revision),
    actor.version ?? '',
    actor.callAlias ?? '',
    actor.expiresAt ?? 'never',
    key(actor.id),
    key(actor.issuer),
    actor.contracts.map((contract) => (wide ? contract : shortKey(contract))).join(', '),
  ])
  const header = ['NAME', 'REV', 'VERSION', 'ALIAS', 'EXPIRES', 'KEY', 'ISSUER', 'CONTRACTS']
  return formatTable(header, rows, terminal, 'No actor runs here')
}

/** Links, for people. */
export function linkTable(links: readonly LinkReport[], { wide, terminal }: TableOptions): string {
  const header = ['ACTOR', 'CONTRACT', 'LINK', 'PROVIDER', 'STATUS', 'INFO']
  const rows = links.map(({ actor, actorName, contractId, linkName, provider, ...rest }) => {
    const { status, reason, info, values } = rest
    const row = [
      actorName ?? shortKey(actor),
      contractId,
      linkName,
      provider,
      status,
      reason === undefined ? (wide ? pairs(info) : (info['url'] ?? pairs(info))) : reason.message,
    ]
    return wide ? [...row, values === undefined ? '(by itself)' : pairs(values), actor] : row
  })
  const all = wide ? [...header, 'VALUES', 'KEY'] : header
  return formatTable(all, rows, terminal, 'There is no link')
}

/** Providers, for people. */
export function providerTable(
  providers: readonly ProviderReport[],
  { terminal, wide }: TableOptions,
): string {
  const rows = providers.map(({ id, name, contractId, links, summary }) => [
    name,
    contractId,
    String(links),
    summary,
    ...(wide ? [id] : []),
  ])
  return formatTable(
    ['PROVIDER', 'CONTRACT', 'LINKS', 'WHAT IT IS', ...(wide ? ['KEY'] : [])],
    rows,
    terminal,
    'No provider is registered',
  )
}

/** Everything on a host, for people. */
export function inventoryText(inventory: InventoryReport, options: TableOptions): string {
  const { host, pid, uptimeMs, version, labels, actors, providers, links } = inventory
  const about = [
    `process ${pid}`,
    `up ${spanText(uptimeMs)}`,
    ...(version === undefined ? [] : [`wash-ts ${version}`]),
    ...(Object.keys(labels).length === 0 ? [] : [pairs(labels)]),
  ]
  return [
    `${options.terminal.paint('strong', host)}  ${about.join(', ')}`,
    actorTable(actors, options),
    linkTable(links, options),
    providerTable(providers, options),
  ].join('\n\n')
}

function linkText({ contractId, linkName, info }: ActorReport['links'][number]): string {
  const name = contractId.slice(contractId.indexOf(':') + 1)
  return info['url'] ?? (linkName === 'default' ? name : `${name}/${linkName}`)
}

function pairs(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ')
}

function healthText(health: ActorReport['health']): string {
  if (!health) return ''
  if (health.healthy) return 'well'
  return health.message === '' ? 'unwell' : `unwell: ${health.message}`
}
