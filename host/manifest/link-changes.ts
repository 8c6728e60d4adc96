import type { Host } from '../host.ts'
import type { LinkDefinition } from '../link-definition.ts'
import { linkKey } from '../link-definitions.ts'
import { atLine } from './line-failure.ts'
import type { StatedLink } from './stated-actors.ts'

/** Takes one change of a host back. */
export type Undo = () => Promise<unknown>

/** Deletes a link, if it is there. @param undo Gets what takes it back. */
export async function deleteLink(host: Host, link: LinkDefinition, undo: Undo[]): Promise<void> {
  const before = definitionNow(host, link)
  await host.unlink(link)
  if (before) undo.push(() => host.link(before))
}

/**
 * Puts links, in their order as far as that goes: one that collides with another waits for that to
 * move, and those that want each other's place all let go of theirs first.
 *
 * @param undo Gets what takes them back.
 * @throws LineFailure around what `Host.link` throws
 */
export async function putLinks(
  host: Host,
  links: readonly StatedLink[],
  undo: Undo[],
): Promise<void> {
  let waiting = links
  let areFree = false
  while (waiting.length > 0) {
    const colliding: StatedLink[] = []
    let failure: unknown
    for (const link of waiting) {
      try {
        await atLine(link.line, () => putLink(host, link.definition, undo))
      } catch (error) {
        if (!isCollision(error)) throw error
        colliding.push(link)
        failure ??= error
      }
    }
    if (colliding.length === waiting.length) {
      const live = colliding.filter(({ definition }) => definitionNow(host, definition))
      if (areFree || live.length === 0) throw failure
      for (const { definition } of live) await deleteLink(host, definition, undo)
      areFree = true
    }
    waiting = colliding
  }
}

async function putLink(host: Host, link: LinkDefinition, undo: Undo[]): Promise<void> {
  const before = definitionNow(host, link)
  await host.link(link)
  undo.push(() => (before ? host.link(before) : host.unlink(link)))
}

/** What the host has been told of a link, by whoever it was. */
function definitionNow(host: Host, link: LinkDefinition): LinkDefinition | undefined {
  const key = linkKey(link)
  return host.inventory().linkDefinitions.find((definition) => linkKey(definition) === key)
}

/** Whether another link, or another program, has what a link wants. */
function isCollision(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    const { code } = each as { code?: unknown }
    if (code === 'ERR_LINK_CONFLICT' || code === 'EADDRINUSE') return true
  }
  return false
}
