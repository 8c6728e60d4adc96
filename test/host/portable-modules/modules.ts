import { join } from 'node:path'
import { compileC } from '../../../scripts/compile-c.ts'

const here = import.meta.dirname
const headers = join(here, '..', '..', '..', 'actors', 'kvcounter-c')
const compiled = new Map<string, Promise<Uint8Array<ArrayBuffer>>>()

function compile(source: string, ...options: string[]): Promise<Uint8Array<ArrayBuffer>> {
  const key = [source, ...options].join(' ')
  let wasm = compiled.get(key)
  if (!wasm) {
    wasm = compileC([join(here, source)], ['-I', headers, ...options])
    compiled.set(key, wasm)
  }
  return wasm
}

/** The provider of `demo-provider.c`, unsigned, of a contract. */
export function demoProvider(contractId = 'acme:demo'): Promise<Uint8Array<ArrayBuffer>> {
  return compile('demo-provider.c', `-DCONTRACT="${contractId}"`)
}

/** The actor of `caller.c`, unsigned, for a generation of hosts. */
export function callerActor(
  importModule: 'wapc' | 'wasmbus' = 'wapc',
): Promise<Uint8Array<ArrayBuffer>> {
  return compile('caller.c', `-DWAPC_MODULE="${importModule}"`)
}

/** The provider of `puppet-provider.c`, unsigned. */
export function puppetProvider(): Promise<Uint8Array<ArrayBuffer>> {
  return compile('puppet-provider.c')
}
