/** A list of text that grows at both ends at the same small cost. */
export class TextList {
  /** The part that grew at the head, its last item first. */
  #head: string[] = []
  #tail: string[] = []

  get length(): number {
    return this.#head.length + this.#tail.length
  }

  push(text: string, end: 'head' | 'tail'): void {
    if (end === 'head') this.#head.push(text)
    else this.#tail.push(text)
  }

  /** How many items {@link range} gives. */
  rangeLength(start: number, stop: number): number {
    const { first, end } = this.#bounds(start, stop)
    return Math.max(0, end - first)
  }

  /** Both ends inclusive; negative indexes count from the end. Out of bounds, there is nothing. */
  range(start: number, stop: number): string[] {
    const { first, end } = this.#bounds(start, stop)
    if (first >= end) return []
    const turn = this.#head.length
    const fromHead = this.#head.slice(Math.max(turn - end, 0), Math.max(turn - first, 0)).reverse()
    return fromHead.concat(this.#tail.slice(Math.max(first - turn, 0), Math.max(end - turn, 0)))
  }

  #bounds(start: number, stop: number): { first: number; end: number } {
    const { length } = this
    return {
      first: Math.max(start < 0 ? start + length : start, 0),
      end: Math.min((stop < 0 ? stop + length : stop) + 1, length),
    }
  }

  /** Removes items equal to `text`: all, or the one nearest to the head. @returns how many */
  remove(text: string, items: 'all' | 'first'): number {
    return items === 'first' ? this.#removeFirst(text) : this.#removeAll(text)
  }

  #removeFirst(text: string): number {
    const inHead = this.#head.lastIndexOf(text)
    if (inHead >= 0) return this.#head.splice(inHead, 1).length
    const inTail = this.#tail.indexOf(text)
    return inTail >= 0 ? this.#tail.splice(inTail, 1).length : 0
  }

  #removeAll(text: string): number {
    const before = this.length
    this.#head = this.#head.filter((item) => item !== text)
    this.#tail = this.#tail.filter((item) => item !== text)
    return before - this.length
  }
}
