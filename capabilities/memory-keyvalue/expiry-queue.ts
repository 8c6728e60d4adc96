/** When things are due, the earliest first: a binary heap, so that finding what is due costs little. */
export class ExpiryQueue<Item> {
  #heap: Node<Item>[] = []

  get length(): number {
    return this.#heap.length
  }

  push(dueAt: number, item: Item): void {
    const heap = this.#heap
    const node = { dueAt, item }
    let at = heap.push(node) - 1
    while (at > 0) {
      const parentAt = (at - 1) >> 1
      const parent = heap[parentAt] as Node<Item>
      if (parent.dueAt <= dueAt) break
      heap[at] = parent
      at = parentAt
    }
    heap[at] = node
  }

  /** The earliest item, taken out, if it is due by `now`. */
  popDue(now: number): Item | undefined {
    const heap = this.#heap
    const first = heap[0]
    if (!first || first.dueAt > now) return undefined
    const last = heap.pop() as Node<Item>
    if (heap.length > 0) this.#sink(last)
    return first.item
  }

  /** Drops every item that `wanted` refuses. */
  retain(wanted: (item: Item) => boolean): void {
    // A list in ascending order is a heap.
    this.#heap = this.#heap.filter(({ item }) => wanted(item)).sort((a, b) => a.dueAt - b.dueAt)
  }

  #sink(node: Node<Item>): void {
    const heap = this.#heap
    let at = 0
    for (;;) {
      const leftAt = 2 * at + 1
      const left = heap[leftAt]
      if (!left) break
      const right = heap[leftAt + 1]
      const [childAt, child] =
        right && right.dueAt < left.dueAt ? [leftAt + 1, right] : [leftAt, left]
      if (child.dueAt >= node.dueAt) break
      heap[at] = child
      at = childAt
    }
    heap[at] = node
  }
}

interface Node<Item> {
  readonly dueAt: number
  readonly item: Item
}
