/** As much of the shell's grammar as the blocks of the pages use: which simple commands there are, in words. */

const CONTINUED = /\\\n/g
/** Of a here-document its body is no command. */
const HERE_DOCUMENT = /<<-?\s*(['"]?)(\w+)\1([^\n]*)\n[\s\S]*?^\s*\2$/gm
const TOKEN =
  /(?<comment>#[^\n]*)|(?<end>[\n;()]|&&|\|\||\||&(?!>))|(?<redirect>\d*[<>]+(?:&\d+)?)|(?<word>(?:\\.|'[^']*'|"(?:\\.|\$\([^)]*\)|[^"\\])*"|\$\([^)]*\)|[^\s;&|<>()'"\\])+)/g

/** The commands of a script, also those inside of `$(…)`; each as its words, without redirections. */
export function commandsIn(script: string): readonly (readonly string[])[] {
  const text = script.replaceAll(CONTINUED, ' ').replaceAll(HERE_DOCUMENT, '$3')
  const commands: string[][] = [[]]
  const inner: (readonly string[])[] = []
  let isTarget = false
  for (const { groups = {} } of text.matchAll(TOKEN)) {
    if (groups['end'] !== undefined) commands.push([])
    else if (groups['redirect'] !== undefined) isTarget = !groups['redirect'].includes('&')
    else if (groups['word'] !== undefined) {
      for (const [, inside = ''] of groups['word'].matchAll(/\$\(([^)]*)\)/g))
        inner.push(...commandsIn(inside))
      if (!isTarget) commands.at(-1)?.push(unquoted(groups['word']))
      isTarget = false
    }
  }
  return [...commands.filter((words) => words.length > 0), ...inner]
}

function unquoted(word: string): string {
  return word.replaceAll(
    /'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)/g,
    (_, single?: string, double?: string, one?: string) => {
      return single ?? double?.replaceAll(/\\(.)/g, '$1') ?? one ?? ''
    },
  )
}

/** What stands before the command that is meant, and how many words it takes. */
const FRONTS: readonly (readonly [first: RegExp, words: number])[] = [
  [/^\w+=/, 1],
  [/^sudo -u \S+ /, 3],
  [/^runuser -u \S+ -g \S+ -- /, 6],
  [/^runuser -u \S+ -- /, 4],
  [/^docker compose exec \S+ /, 4],
  [/^(?:then|do|else|!|time) /, 1],
  [/^node (?!-)/, 1],
]

/** Without `sudo`, `runuser`, variables and what else stands in front. */
function withoutFront(words: readonly string[]): readonly string[] {
  const text = `${words.join(' ')} `
  const [, count] = FRONTS.find(([first]) => first.test(text)) ?? []
  return count === undefined ? words : withoutFront(words.slice(count))
}

/** The arguments of each call of Tripline. */
export function callsOfTripline(script: string): readonly (readonly string[])[] {
  return commandsIn(script)
    .map((words) => withoutFront(words))
    .filter(([first = '']) => first === 'tripline' || first === 'dist/cli.js')
    .map(([, ...rest]) => rest)
}
