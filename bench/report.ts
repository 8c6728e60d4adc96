/** What the bench found, as a table and as JSON. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { dirname } from 'node:path'

/** One line of the table. */
export interface Row {
  readonly figure: string
  readonly value: number
  /** What `value` is in: `ms`, `KB`; empty for a ratio. */
  readonly unit: '' | 'ms' | 'KB' | '/s'
  /** What it should be; none for a line that is there for comparison. */
  readonly target?: { readonly atLeast: number } | { readonly atMost: number }
  /** Where the value comes from: absolute figures, spread. */
  readonly note: string
}

/** Whether a row holds its target; true if it has none. */
export function isMet({ value, target }: Row): boolean {
  if (target === undefined) return true
  return 'atLeast' in target ? value >= target.atLeast : value <= target.atMost
}

/** The rows as text, one line each and a heading. */
export function table(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.figure,
    targetText(row),
    `${digits(row.value)}${row.unit && ` ${row.unit}`}`,
    row.target === undefined ? '' : isMet(row) ? 'met' : 'NOT MET',
    row.note,
  ])
  const lines = [['figure', 'target', 'measured', '', 'from'], ...cells]
  const widths = [0, 1, 2, 3].map((column) =>
    Math.max(...lines.map((line) => (line[column] ?? '').length)),
  )
  return lines
    .map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
    .map((line) => line.trimEnd())
    .join('\n')
}

/** Writes the rows, with the machine they hold for. */
export function writeJson(path: string, rows: readonly Row[]): void {
  const [cpu] = cpus()
  const machine = {
    node: process.version,
    v8: process.versions.v8,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpu?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
  }
  const report = {
    date: new Date().toISOString(),
    commit: commit(),
    machine,
    rows: rows.map((row) => ({ ...row, met: row.target && isMet(row) })),
  }
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${JSON.stringify(report, undefined, 2)}\n`)
}

function targetText({ target, unit }: Row): string {
  if (target === undefined) return ''
  const [sign, bound] = 'atLeast' in target ? ['≥', target.atLeast] : ['≤', target.atMost]
  return `${sign} ${bound}${unit && ` ${unit}`}`
}

function digits(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en') : value.toPrecision(3)
}

function commit(): string | undefined {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
  } catch {
    // Not a checkout: the figures are as good without it.
    return undefined
  }
}
