/** Answers each message with a greeting: to its reply subject, or to `greeted` if it has none. */
import { fail, handleMessage, Message, Messaging } from '../sdk/assembly'

export { __guest_call } from '../sdk/assembly'

const messaging = new Messaging()

handleMessage((message: Message): void => {
  const greeting = Uint8Array.wrap(String.UTF8.encode('hello ' + message.text))
  const replyTo = message.replyTo
  const problem = messaging.publish(replyTo.length > 0 ? replyTo : 'greeted', greeting).error
  if (problem !== null) fail(problem)
})
