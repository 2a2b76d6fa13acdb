import { textOf } from '../search/terms.ts'

/** Answers as XML, for clients that accept it: booleans as digits, nothing as an empty element. */
export function toXml(value: unknown): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<response>${inner(value)}</response>\n`
}

function inner(value: unknown): string {
  if (typeof value !== 'object' || value === null) return text(value)
  return Object.entries(value)
    .map(([name, each]: [string, unknown]) => {
      const entries: readonly unknown[] = Array.isArray(each) ? each : [each]
      return entries.map((entry) => element(name, inner(entry))).join('')
    })
    .join('')
}

function element(name: string, content: string): string {
  return content === '' ? `<${name}/>` : `<${name}>${content}</${name}>`
}

function text(value: unknown): string {
  if (typeof value === 'boolean') return value ? '1' : '0'
  return escapeXml(textOf(value))
}

export function escapeXml(plain: string): string {
  return plain.replace(/[<>&]/g, (sign) => `&#${sign.charCodeAt(0)};`)
}
