/** What an operator wants to know of the subscriptions of a link. */
export function subscriptionInfo({
  subscriptions,
  queueGroup,
}: {
  readonly subscriptions: readonly string[]
  readonly queueGroup: string | undefined
}): Readonly<Record<string, string>> {
  return {
    ...(subscriptions.length > 0 && { subscriptions: subscriptions.join(', ') }),
    ...(queueGroup !== undefined && { queueGroup }),
  }
}
