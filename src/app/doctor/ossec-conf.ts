/** What is asked of Wazuh's `ossec.conf`, which is not one XML document: it may have several roots. */
export interface OssecConf {
  /** The bodies of every block of this name, without comments, in order. */
  blocks(name: string): readonly string[]
  /** The last value of a setting in the blocks of a section, as Wazuh takes it; undefined when it is not set. */
  setting(section: string, name: string): string | undefined
}

export function parseOssecConf(text: string): OssecConf {
  const plain = withoutComments(text)
  const setting = (section: string, name: string): string | undefined =>
    blocksIn(plain, section)
      .flatMap((body) => blocksIn(body, name))
      .at(-1)
      ?.trim()
  return { blocks: (name) => blocksIn(plain, name), setting }
}

/** The texts of all elements of a name in a text, without those in comments. In linear time: the file is not ours. */
export function blocksIn(text: string, name: string): readonly string[] {
  const found: string[] = []
  const begin = `<${name}`
  const end = `</${name}>`
  for (let at = text.indexOf(begin); at !== -1; at = text.indexOf(begin, at + 1)) {
    const next = text.charAt(at + begin.length)
    if (!/[\s>]/.test(next)) continue
    const open = text.indexOf('>', at)
    if (open === -1) break
    const close = text.indexOf(end, open)
    if (close === -1) break
    found.push(text.slice(open + 1, close))
    at = close
  }
  return found
}

export function withoutComments(text: string): string {
  let plain = ''
  for (let at = 0; at < text.length;) {
    const begin = text.indexOf('<!--', at)
    if (begin === -1) return plain + text.slice(at)
    plain += text.slice(at, begin)
    const end = text.indexOf('-->', begin)
    if (end === -1) return plain
    at = end + '-->'.length
  }
  return plain
}
