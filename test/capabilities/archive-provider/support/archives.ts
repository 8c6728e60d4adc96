import { readFile } from 'node:fs/promises'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import {
  type ArchiveProviderOptions,
  archiveProvider,
} from '../../../../capabilities/archive-provider/index.ts'
import type { CapabilityProvider, LogFacts, Logger } from '../../../../host/index.ts'
import {
  type ArchiveClaimsInput,
  createArchive,
  KeyPair,
  type SigningKeys,
} from '../../../../signing/index.ts'

const issuer = KeyPair.generate('account')

/** An archive with one JavaScript file. */
export function archiveOf(
  code: string,
  claims: Partial<ArchiveClaimsInput> = {},
  keys: Partial<SigningKeys> = {},
): Promise<Uint8Array<ArrayBuffer>> {
  return createArchive(
    { name: 'archived', contractId: 'wascc:keyvalue', vendor: 'Acme', ...claims },
    new Map([['node', Buffer.from(code)]]),
    { issuer, subject: KeyPair.generate('service'), ...keys },
  )
}

/** An archive of a TypeScript file beside this folder. */
export async function archiveOfFile(
  name: string,
  claims?: Partial<ArchiveClaimsInput>,
): Promise<Uint8Array<ArrayBuffer>> {
  const path = join(import.meta.dirname, '..', 'providers', name)
  return archiveOf(stripTypeScriptTypes(await readFile(path, 'utf8')), claims)
}

/**
 * The code of a key-value provider of which only these operations matter, in JavaScript: the body of an
 * object. In their reach are `context`, what the link was given, and `state`, which outlives links.
 */
export function keyValueCode(operations: string, before = ''): string {
  return `
import { defineProvider, ProviderError } from 'wash-ts/provider'
import { keyvalue } from 'wash-ts/contracts'
const state = { opened: 0, closed: 0 }
${before}
export default defineProvider({
  name: 'archived',
  contract: keyvalue,
  link: (context) => {
    state.opened++
    return {
      operations: { Get: ({ key }) => ({ value: key, exists: true }), ${operations} },
      [Symbol.asyncDispose]: async () => { state.closed++ },
    }
  },
})`
}

/** Waits for nothing: what ends is started again at once. */
export const atOnce: ArchiveProviderOptions = { restartDelaysMs: [0] }

/** A provider of that code. */
export async function providerOf(
  code: string,
  options: ArchiveProviderOptions = atOnce,
): Promise<CapabilityProvider> {
  return archiveProvider(await archiveOf(code), options)
}

/** A line of a log. */
export interface LoggedLine {
  readonly level: string
  readonly message: string
  readonly facts: LogFacts
}

/** A log to look into, and to wait for. */
export class RecordingLog {
  readonly lines: LoggedLine[] = []
  readonly #waiting = new Set<() => void>()

  readonly logger: Logger = this.#loggerWith({})

  /** The first line that matches, once it is there. */
  line(matches: (line: LoggedLine) => boolean): Promise<LoggedLine> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = this.lines.find(matches)
        if (!found) return
        this.#waiting.delete(look)
        resolve(found)
      }
      this.#waiting.add(look)
      look()
    })
  }

  #loggerWith(bound: LogFacts): Logger {
    const at =
      (level: string) =>
      (message: string, facts: LogFacts = {}): void => {
        this.lines.push({ level, message, facts: { ...bound, ...facts } })
        for (const look of this.#waiting) look()
      }
    return {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      child: (facts) => this.#loggerWith({ ...bound, ...facts }),
    }
  }
}

/** Whether there is such a process, be it a zombie. */
export function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
