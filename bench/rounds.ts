/** Contenders in turn, so that what disturbs the machine disturbs all of them alike. */

/** Runs each contender once a round, in an order that turns round, and collects what they return. */
export async function inTurn<Name extends string, Result>(
  contenders: Readonly<Record<Name, () => Promise<Result>>>,
  rounds: number,
): Promise<Record<Name, Result[]>> {
  const names = Object.keys(contenders) as Name[]
  const results = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<
    Name,
    Result[]
  >
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      results[name].push(await contenders[name]())
    }
  }
  return results
}

/** The middle one; of an even number the lower of the two. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[(values.length - 1) >> 1] ?? Number.NaN
}

/** The median of what each pair's first is over its second: pairs are of one round. */
export function medianRatio(first: readonly number[], second: readonly number[]): number {
  return median(first.map((value, round) => value / (second[round] ?? Number.NaN)))
}

/** `0.71 (0.69-0.73)`: lowest and highest of each round's ratio, to see how steady it was. */
export function spread(first: readonly number[], second: readonly number[]): string {
  const ratios = first.map((value, round) => value / (second[round] ?? Number.NaN))
  return `${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)}`
}
