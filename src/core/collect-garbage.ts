import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Collects all garbage now, some 30 ms for a heap of 30 MiB; undefined where the engine does not let a program do so. */
export function garbageCollector(): (() => void) | undefined {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext("typeof gc === 'function' ? gc : undefined")
  if (typeof collect !== 'function') return undefined
  return () => void Reflect.apply(collect, undefined, [])
}
