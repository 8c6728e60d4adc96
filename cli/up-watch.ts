import { basename } from 'node:path'
import {
  type ActorInfo,
  type Host,
  type LinkDefinition,
  type LiveManifest,
  type ManifestChanges,
  type ManifestOptions,
  readManifest,
} from '../host/index.ts'
import { ContentWatch } from './content-watch.ts'
import { reportError } from './error-report.ts'
import { type ListenRequest, linkToStock } from './stock-links.ts'
import { msText, shortKey } from './table.ts'
import { printable, type Terminal } from './terminal.ts'

/** Where edits are told of. */
export interface WatchReport {
  readonly terminal: Terminal
  /** Prints an event, where programs read along. */
  event(type: string, facts: object): void
}

/** A manifest that is followed. */
export interface WatchedManifest {
  readonly path: string
  readonly live: LiveManifest
  /** As when it was applied first. */
  readonly reading: ManifestOptions
  /** What `contentOf` said of {@link manifestFiles} when it was applied. */
  readonly content: string
}

/** The files that a manifest in effect consists of. */
export function manifestFiles(
  path: string,
  actors: readonly { readonly path: string }[],
): string[] {
  return [path, ...actors.map((actor) => actor.path)]
}

/** Makes edits of a manifest and of its actors' files effective while the host runs. */
export function watchManifest(watched: WatchedManifest, report: WatchReport): ContentWatch {
  const { path, live, reading } = watched
  let { actors } = live.manifest
  return new ContentWatch(
    {
      files: () => manifestFiles(path, actors),
      apply: async () => {
        const startedAt = performance.now()
        const next = await readManifest(path, reading)
        // Files that cannot be used yet count, too: they are waited for.
        actors = next.actors
        const changes = await live.edit(next)
        tellChanges(path, changes, performance.now() - startedAt, report)
      },
      failed: (error) => void tellFailure(path, error, report),
    },
    watched.content,
  )
}

/** An actor that was named by its file. */
export interface WatchedActor {
  readonly path: string
  readonly listen: ListenRequest
  readonly content: string
}

/** Updates an actor when its file changes, and links what it claims from then on. */
export function watchActor(
  host: Host,
  { path, listen, content }: WatchedActor,
  report: WatchReport,
): ContentWatch {
  return new ContentWatch(
    {
      files: () => [path],
      apply: async () => {
        const startedAt = performance.now()
        const { id, name, revision } = await host.updateActor(path, { allowAnyRevision: true })
        await linkToStock(host, id, listen)
        const durationMs = performance.now() - startedAt
        report.event('actor_file_applied', { path, actor: id, name, revision, durationMs })
        const { terminal } = report
        if (!terminal.json) {
          terminal.note(
            `${terminal.paintNote('good', 'updated')} ${printable(name)} from ${path} in ${msText(durationMs)}`,
          )
        }
      },
      failed: (error) => void tellFailure(path, error, report),
    },
    content,
  )
}

function tellChanges(
  path: string,
  changes: ManifestChanges,
  durationMs: number,
  { terminal, event }: WatchReport,
): void {
  const lines = describe(changes)
  if (lines.length === 0) return
  event('manifest_applied', { path, durationMs, ...eventFacts(changes) })
  if (terminal.json) return
  const head = `${terminal.paintNote('good', basename(path))} is in effect again after ${msText(durationMs)}`
  terminal.note([head, ...lines.map((line) => `  ${line}`)].join('\n'))
}

function describe(changes: ManifestChanges): string[] {
  const { started, updated, stopped, linked, unlinked, needRestart } = changes
  return [
    ...started.map(({ name, revision }) => `started ${printable(name)} (revision ${revision})`),
    ...updated.map(
      ({ name, revision, oldRevision }) =>
        `updated ${printable(name)} (revision ${oldRevision} to ${revision})`,
    ),
    ...stopped.map(({ name }) => `stopped ${printable(name)}`),
    ...linked.map((link) => `linked ${linkText(link)} to ${printable(link.provider ?? '')}`),
    ...unlinked.map((link) => `unlinked ${linkText(link)}`),
    ...changes.providersAdded.map((name) => `added the provider ${name}`),
    ...changes.providersRemoved.map((name) => `removed the provider ${name}`),
    ...needRestart.map((what) => `${what} takes effect when the host starts again`),
  ]
}

function linkText({ actor, contractId, linkName = 'default' }: LinkDefinition): string {
  const name = linkName === 'default' ? '' : ` (${printable(linkName)})`
  return `${printable(shortKey(actor))} ${printable(contractId)}${name}`
}

/** Without values of links: they may hold passwords, and events are for reading. */
function eventFacts(changes: ManifestChanges): object {
  const brief = ({ id, name, revision }: ActorInfo): object => ({ actor: id, name, revision })
  const bare = ({ actor, contractId, linkName, provider }: LinkDefinition): object => ({
    ...{ actor, contractId, linkName, provider },
  })
  return {
    ...changes,
    started: changes.started.map(brief),
    updated: changes.updated.map((actor) => ({
      ...brief(actor),
      oldRevision: actor.oldRevision,
    })),
    linked: changes.linked.map(bare),
    unlinked: changes.unlinked.map(bare),
  }
}

/** What ran before runs on: this is no failure of the command. */
async function tellFailure(
  path: string,
  error: unknown,
  { terminal, event }: WatchReport,
): Promise<void> {
  const { code, message, hint } = await reportError(error)
  event('edit_failed', { path, error: { code, message, hint } })
  if (terminal.json) return
  const lines = message.split('\n').map(printable)
  terminal.note(
    `${terminal.paintNote('bad', 'kept as it was:')} ${lines.join('\n  ')} (${code})\n${terminal.paintNote('strong', '  fix:')} ${hint}`,
  )
}
