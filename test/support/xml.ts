/** An element of parsed XML. Text is that of the element itself, trimmed. */
export interface XmlElement {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly XmlElement[]
  readonly text: string
}

const TOKEN =
  /<!--(?<comment>[\s\S]*?)-->|<\/(?<end>[\w.-]+)\s*>|<(?<start>[\w.-]+)(?<rest>[^<>]*?)(?<empty>\/?)>|(?<text>[^<]+)/gy
const ATTRIBUTES = /^(?:\s+[\w.:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*\s*$/
const ATTRIBUTE = /([\w.:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/** The elements of a small XML file without DTD and CDATA; throws with the place where it is not well-formed. */
export function parseXml(xml: string): readonly XmlElement[] {
  const top = { name: '', attributes: {}, children: [] as XmlElement[], text: '' }
  const open = [top]
  let at = 0
  for (const token of xml.matchAll(TOKEN)) {
    at = token.index + token[0].length
    const { comment, end, start, rest = '', empty, text } = token.groups ?? {}
    const parent = open.at(-1) ?? top
    if (comment?.includes('--') === true) throw new Error(`'--' in a comment before ${at}`)
    if (text !== undefined) {
      if (parent === top && text.trim() !== '') throw new Error(`text outside an element before ${at}`)
      parent.text = `${parent.text}${unescaped(text)}`.trim()
    } else if (start !== undefined) {
      const element = { name: start, attributes: attributesOf(rest, at), children: [], text: '' }
      parent.children.push(element)
      if (empty === '') open.push(element)
    } else if (end !== undefined) {
      if (open.pop()?.name !== end || open.length === 0)
        throw new Error(`</${end}> before ${at} ends nothing`)
    }
  }
  if (at !== xml.length) throw new Error(`not XML at ${at}: ${xml.slice(at, at + 20)}`)
  if (open.length !== 1) throw new Error(`<${open.at(-1)?.name ?? ''}> is not ended`)
  return top.children
}

function attributesOf(text: string, at: number): Readonly<Record<string, string>> {
  if (!ATTRIBUTES.test(text)) throw new Error(`attributes before ${at}: ${text}`)
  const found = [...text.matchAll(ATTRIBUTE)].map(
    ([, name = '', double, single]) => [name, unescaped(double ?? single ?? '')] as const,
  )
  if (new Set(found.map(([name]) => name)).size !== found.length)
    throw new Error(`an attribute twice: ${text}`)
  return Object.fromEntries(found)
}

function unescaped(text: string): string {
  return text.replaceAll(/&(\w*;?)/g, (_, name: string) => {
    const character = name.endsWith(';') ? ENTITIES[name.slice(0, -1)] : undefined
    if (character === undefined) throw new Error(`& without an entity: &${name}`)
    return character
  })
}

export function childText(element: XmlElement, name: string): string | undefined {
  return element.children.find((child) => child.name === name)?.text
}
