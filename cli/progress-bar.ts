const width = 24

/** How far something is: `████████░░░░ 1,200 of 3,000 keys`. What was not counted beforehand fills it. */
export function progressBar(done: number, total: number, unit: string): string {
  const share = total === 0 ? 1 : Math.min(1, done / total)
  const filled = Math.floor(share * width)
  const shown = [done, Math.max(done, total)].map((count) => count.toLocaleString('en'))
  return `${'█'.repeat(filled)}${'░'.repeat(width - filled)} ${shown.join(' of ')} ${unit}`
}
