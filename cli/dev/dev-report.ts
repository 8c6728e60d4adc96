import { existsSync } from 'node:fs'
import { reportError } from '../error-report.ts'
import { printActor, printEvent } from '../host-report.ts'
import { urlOf } from '../stock-links.ts'
import { msText } from '../table.ts'
import { printable, type Terminal } from '../terminal.ts'
import type { DevReport } from './loop.ts'
import type { ServedActor } from './served-actor.ts'

/** Files that are named before the rest is counted. */
const filesNamed = 3

/** Tells what a development loop does: lines for people on standard error, or JSON lines. */
export function devReport(terminal: Terminal, actor: ServedActor): DevReport {
  const { paintNote: paint, json } = terminal
  const event = (type: string, facts: object): void => printEvent(terminal, type, facts)
  let isFirst = true
  const kept = (): string =>
    actor.info ? 'the last good build is served on' : 'nothing is served before it succeeds'
  const showOutput = (output: string): void => {
    const text = output.trimEnd()
    if (text !== '') terminal.note(text.split(/\r?\n/).map(printable).join('\n'))
  }
  return {
    building: (changed) => {
      if (json) return event('building', { changed })
      if (changed.length > 0) terminal.note(`${paint('strong', named(changed))} changed, building`)
    },
    buildFailed: ({ exitCode, output, durationMs }) => {
      if (json) return event('build_failed', { exitCode, output, durationMs })
      showOutput(output)
      terminal.note(
        `${paint('bad', 'the build failed')} after ${msText(durationMs)}: ${kept()}${
          exitCode === 127 || lacksPackages()
            ? `\n  ${exitCode === 127 ? 'a program' : 'node_modules'} is missing: is everything installed (npm install)?`
            : ''
        }`,
      )
    },
    served: ({ actor: info, unserved }, { buildMs, signMs, swapMs }, output) => {
      const url = urlOf(info)
      if (isFirst) printActor(info, terminal)
      isFirst = false
      if (json) {
        const facts = { actor: info.id, name: info.name, url, buildMs, signMs, swapMs, output }
        return event('served', { ...facts, unserved })
      }
      showOutput(output)
      const signed = signMs > 0 ? `, signed in ${msText(signMs)}` : ''
      terminal.note(
        `${paint('good', 'built')} in ${msText(buildMs)}${signed}, swapped in ${msText(swapMs)}${url === undefined ? '' : `: ${url}`}`,
      )
      for (const contract of unserved) {
        terminal.note(`${paint('warn', 'no stock provider serves')} ${printable(contract)}`)
      }
    },
    unchanged: (durationMs) => {
      if (json) return event('unchanged', { durationMs })
      terminal.note(`${paint('good', 'built')} in ${msText(durationMs)}: the module is the same`)
    },
    failed: async (error) => {
      const { code, message, hint } = await reportError(error)
      if (json) return event('failed', { error: { code, message, hint } })
      const lines = message.split('\n').map(printable).join('\n  ')
      terminal.note(`${paint('bad', 'error:')} ${lines} (${code}); ${kept()}`)
      terminal.note(`${paint('strong', '  fix:')} ${hint}`)
    },
    generated: (paths) => {
      if (json) return event('generated', { paths })
      terminal.note(
        `${paint('warn', 'not followed:')} ${named(paths)}: the build writes ${paths.length === 1 ? 'it' : 'them'} itself`,
      )
    },
  }
}

/** The compiler may be found in an outer folder, and then misses what only the project depends on. */
function lacksPackages(): boolean {
  return existsSync('package.json') && !existsSync('node_modules')
}

function named(paths: readonly string[]): string {
  const first = paths.slice(0, filesNamed).map(printable).join(', ')
  const more = paths.length - filesNamed
  return more > 0 ? `${first} and ${more} more` : first
}
