import { printable, type Terminal } from './terminal.ts'

/** The narrowest that a column is cut to. */
const minColumn = 8
const gap = 2

/**
 * Rows under a header, in columns as wide as they need to be; where the terminal is narrower the
 * widest are cut. Cells are made harmless.
 *
 * @param empty What to say where there are no rows.
 */
export function formatTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  { columns, paint }: Pick<Terminal, 'columns' | 'paint'>,
  empty: string,
): string {
  if (rows.length === 0) return empty
  const cells = rows.map((row) => row.map((cell) => printable(cell) || '-'))
  const widths = header.map((title, index) =>
    Math.max(title.length, ...cells.map((row) => row[index]?.length ?? 0)),
  )
  if (columns !== undefined) narrow(widths, columns)
  const line = (row: readonly string[]): string =>
    row
      .map((cell, index) => fit(cell, widths[index] ?? 0, index === row.length - 1))
      .join(' '.repeat(gap))
  return [paint('dim', line(header)), ...cells.map(line)].join('\n')
}

/** Takes from the widest until all fit, or none can give more. */
function narrow(widths: number[], columns: number): void {
  let excess = widths.reduce((sum, width) => sum + width + gap, -gap) - columns
  while (excess > 0) {
    const widest = widths.indexOf(Math.max(...widths))
    const width = widths[widest] ?? 0
    if (width <= minColumn) return
    widths[widest] = width - 1
    excess -= 1
  }
}

function fit(cell: string, width: number, isLast: boolean): string {
  if (cell.length > width) return `${cell.slice(0, width - 1)}…`
  return isLast ? cell : cell.padEnd(width)
}

/** The beginning of a key, which tells it from others; the whole key where there is room. */
export function shortKey(key: string): string {
  return /^[A-Z][A-Z2-7]{55}$/.test(key) ? `${key.slice(0, 8)}…` : key
}

/** A time span as people say it: `42s`, `3m 7s`, `2h 5m`, `4d 1h`. */
export function spanText(ms: number): string {
  const seconds = Math.floor(ms / 1_000)
  if (seconds < 60) return `${seconds}s`
  const units = [
    ['d', 86_400],
    ['h', 3_600],
    ['m', 60],
    ['s', 1],
  ] as const
  const first = units.findIndex(([, length]) => seconds >= length)
  const parts = units.slice(first, first + 2)
  let rest = seconds
  const said = parts.map(([unit, length]) => {
    const count = Math.floor(rest / length)
    rest -= count * length
    return count === 0 ? '' : `${count}${unit}`
  })
  return said.filter(Boolean).join(' ')
}

/** Milliseconds, as exact as it matters. */
export function msText(ms: number): string {
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`
}
