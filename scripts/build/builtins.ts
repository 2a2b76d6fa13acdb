import { isBuiltin } from 'node:module'

const IMPORT = /^import (?:(.+) from )?"([^"]+)";$/gm

/** Node.js before 22.3 (but from 20.16) has no `getBuiltinModule`. */
const HEAD = `import { createRequire as __requireOf } from "node:module";
const __builtin = process.getBuiltinModule ?? __requireOf(import.meta.url);`

/**
 * Takes the modules of Node.js by `process.getBuiltinModule` in place of `import`: an import reads every export, and so loads what such a
 * module keeps for who asks for it, with Node.js 24 a second HTTP client for `node:http` and Web Crypto for `node:crypto`, 5 MiB
 * together.
 */
export function withoutExtras(code: string): string {
  let head = HEAD
  const taken = code.replaceAll(IMPORT, (line, names: string | undefined, module: string) => {
    if (!isBuiltin(module)) return line
    const start = head === '' ? '' : `${head}\n`
    head = ''
    return `${start}const ${namesOf(names ?? '')} = __builtin("${module}");`
  })
  return taken
}

/** `{ a, b as c }`, `* as a` or `a`, as they stand on the left of a declaration. */
function namesOf(names: string): string {
  if (/^\{[^}]*\}$/.test(names)) return names.replaceAll(' as ', ': ')
  const name = /^(?:\* as )?([\w$]+)$/.exec(names)?.[1]
  if (name === undefined) throw new Error(`These names of an import are not known: ${names}`)
  return name
}
