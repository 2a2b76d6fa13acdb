const IMPORT = /^import (.+) from "(node:[^"]+)";$/gm

/**
 * Takes the modules of Node.js by `process.getBuiltinModule` in place of `import`: an import reads every export, and so loads what such a
 * module keeps for who asks for it, with Node.js 24 a second HTTP client for `node:http` and Web Crypto for `node:crypto`, 5 MiB
 * together.
 */
export function withoutExtras(code: string): string {
  const taken = code.replace(IMPORT, (_, names: string, module: string) => {
    return `const ${namesOf(names)} = process.getBuiltinModule("${module}");`
  })
  const left = /^import .*"node:.*$/m.exec(taken)?.[0]
  if (left !== undefined) throw new Error(`This import of a module of Node.js is not known: ${left}`)
  return taken
}

/** `{ a, b as c }`, `* as a` or `a`, as they stand on the left of a declaration. */
function namesOf(names: string): string {
  if (/^\{[^}]*\}$/.test(names)) return names.replaceAll(' as ', ': ')
  const name = /^(?:\* as )?([\w$]+)$/.exec(names)?.[1]
  if (name === undefined) throw new Error(`These names of an import are not known: ${names}`)
  return name
}
