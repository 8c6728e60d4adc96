/** What each key does, by its letter. */
export type Hotkeys = Readonly<Record<string, () => void>>

/**
 * Listens to single keys on the terminal; does nothing where standard input is none. Ctrl-C goes on to
 * be the signal that it is elsewhere. Disposal gives the terminal back.
 */
export function listenToKeys(keys: Hotkeys): Disposable {
  const { stdin } = process
  if (!stdin.isTTY) return { [Symbol.dispose]: () => {} }
  const onData = (data: Buffer): void => {
    for (const key of data.toString('utf8')) {
      if (key === '\u0003') process.kill(process.pid, 'SIGINT')
      else if (Object.hasOwn(keys, key.toLowerCase())) keys[key.toLowerCase()]?.()
    }
  }
  stdin.setRawMode(true)
  stdin.on('data', onData).resume()
  return {
    [Symbol.dispose]: () => {
      stdin.off('data', onData).pause()
      stdin.setRawMode(false)
    },
  }
}
