/** Patterns as a tree of tokens, so that a subject finds its subscribers without asking every one. */
export class Subscriptions<Subscriber> {
  readonly #root = new Node<Subscriber>()

  /** @returns a function that takes it out again; a second call does nothing. */
  add(pattern: string, subscriber: Subscriber): () => void {
    const path = [this.#root]
    const tokens = pattern.split('.')
    for (const token of tokens) {
      const parent = path.at(-1) as Node<Subscriber>
      const node = parent.children.get(token) ?? new Node<Subscriber>()
      parent.children.set(token, node)
      path.push(node)
    }
    const entry = { subscriber }
    const last = path.at(-1) as Node<Subscriber>
    last.entries.add(entry)
    return () => {
      if (!last.entries.delete(entry)) return
      for (
        let depth = tokens.length;
        depth > 0 && (path[depth] as Node<Subscriber>).isEmpty;
        depth--
      ) {
        path[depth - 1]?.children.delete(tokens[depth - 1] as string)
      }
    }
  }

  /** Every subscriber of a pattern that takes in the subject, once for each such pattern. */
  match(subject: string): Subscriber[] {
    const found: Subscriber[] = []
    const tokens = subject.split('.')
    const visit = (node: Node<Subscriber>, depth: number): void => {
      if (depth === tokens.length) {
        for (const { subscriber } of node.entries) found.push(subscriber)
        return
      }
      const rest = node.children.get('>')
      if (rest) for (const { subscriber } of rest.entries) found.push(subscriber)
      for (const token of [tokens[depth] as string, '*']) {
        const next = node.children.get(token)
        if (next) visit(next, depth + 1)
      }
    }
    visit(this.#root, 0)
    return found
  }
}

class Node<Subscriber> {
  readonly children = new Map<string, Node<Subscriber>>()
  readonly entries = new Set<{ readonly subscriber: Subscriber }>()

  get isEmpty(): boolean {
    return this.children.size === 0 && this.entries.size === 0
  }
}
