#!/bin/sh
':' /*
# A shell runs these lines, Node those below. The Node that came with the package comes first: it is
# there however npm was told to link programs, and whatever Node is on the path.
self=$(readlink -f "$0")
package=${self%/bin/*}
for folder in "$package"/node_modules/node-* "${package%/*}"/node-*; do
  [ -x "$folder/bin/node" ] && exec "$folder/bin/node" "$self" "$@"
done
exec node "$self" "$@"
*/

// Kept to what old Nodes parse, so that one too old can say so. A checkout runs its sources, a
// published package its build.
if (Number.parseInt(process.versions.node, 10) < 26) {
  console.error(
    'wash-ts: Node 26 or newer is needed, this is ' +
      process.version +
      '; `npx wash-ts` uses the Node that came with the package',
  )
  process.exitCode = 1
} else {
  void start()
}

async function start() {
  const { enableCompileCache } = await import('node:module')
  enableCompileCache()
  // A second wall behind the limits of each actor: a table too large ends the whole process.
  const { setFlagsFromString } = await import('node:v8')
  setFlagsFromString('--wasm-max-table-size=1000000')
  const { existsSync } = await import('node:fs')
  const sources = new URL('../cli/main.ts', import.meta.url)
  const { main } = await import(
    existsSync(sources) ? sources.href : new URL('../dist/cli/main.js', import.meta.url).href
  )
  await main(process.argv.slice(2))
}
