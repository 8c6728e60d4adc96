/** How long and how often to measure. */
export interface Settings {
  /** How often each contender has its turn. */
  readonly rounds: number
  /** How long one turn lasts. */
  readonly roundMs: number
}
