/** What a call to the host gave: a value, or the text of an error. */
export class Result<T> {
  constructor(
    private readonly outcome: T,
    /** Why there is no value; null when there is one. */
    readonly error: string | null,
  ) {}

  get ok(): bool {
    return this.error === null
  }

  /** The value. Where there is none this ends the call with the error, and traps. */
  get value(): T {
    const error = this.error
    if (error !== null) throw new Error(error)
    return this.outcome
  }

  /** The value, or another one where there is none. */
  or(other: T): T {
    return this.error === null ? this.outcome : other
  }
}
