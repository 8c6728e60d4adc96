import type { Host } from '../host.ts'
import type { ActorInfo } from '../inventory.ts'
import type { Manifest } from './manifest.ts'

/**
 * Does what a manifest asks for on a host: starts its actors, then makes its links, in its order. The
 * host must have been made with the manifest's providers and policy.
 *
 * @returns the actors as they are with their links.
 * @throws what `startActor` and `link` throw, at the first failure; what was started before it stays.
 */
export async function applyManifest(
  host: Host,
  manifest: Manifest,
  signal?: AbortSignal,
): Promise<readonly ActorInfo[]> {
  const ids = new Map<string, string>()
  for (const { reference, path, limits } of manifest.actors) {
    const { id } = await host.startActor(path, {
      limits: { ...manifest.limits, ...limits },
      ...(signal && { signal }),
    })
    ids.set(reference, id)
  }
  for (const link of manifest.links) {
    await host.link({ ...link, actor: ids.get(link.actor) ?? link.actor })
  }
  const started = new Set(ids.values())
  return host.inventory().actors.filter(({ id }) => started.has(id))
}
