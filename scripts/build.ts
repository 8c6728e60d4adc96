// Builds what is published: dist/ with JavaScript, declarations and source maps.
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
rmSync(`${root}dist`, { recursive: true, force: true })
const { status } = spawnSync('tsc', ['-p', 'tsconfig.dist.json'], { cwd: root, stdio: 'inherit' })
process.exitCode = status ?? 1
