import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buildActor } from '../../support/actors.ts'
import {
  type CommandFolder,
  commandFolder,
  type RunningCommand,
} from '../../support/wash-command.ts'

/** A line that `wash-ts up -o json` prints. */
export interface UpEvent {
  readonly event: string
  readonly actor?: string
  readonly name?: string
  readonly url?: string
  readonly host?: string
  readonly control?: string
  readonly contractId?: string
}

/** A folder that holds example actors, as `NAME.wasm`. */
export async function folderWith(...names: string[]): Promise<CommandFolder> {
  const folder = await commandFolder()
  for (const name of names) {
    await writeFile(join(folder.path, `${name}.wasm`), await buildActor(name))
  }
  return folder
}

/** The next event of a kind, and of a name where one is given. */
export async function nextEvent(
  command: RunningCommand,
  kind: string,
  name?: string,
): Promise<UpEvent> {
  const line = await command.line((text) => {
    const parsed = JSON.parse(text) as UpEvent
    return parsed.event === kind && (name === undefined || parsed.name === name)
  })
  return JSON.parse(line) as UpEvent
}

/** The `count`th event of a kind, as it was printed. */
export async function nthEvent<Event>(
  command: RunningCommand,
  kind: string,
  count = 1,
): Promise<Event> {
  const seen = new Set<string>()
  const line = await command.line((text) => {
    if ((JSON.parse(text) as UpEvent).event === kind) seen.add(text)
    return seen.size === count
  })
  return JSON.parse(line) as Event
}
