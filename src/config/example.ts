import { DEFAULT_COMPONENTS } from './schema.ts'
import { CONFIG_SHAPE, rangeText, type Field, type ObjectShape, type Shape } from './shape.ts'
import { isTree, valueAt } from './tree.ts'
import { inline } from './yaml-text.ts'

/** What stands in the example for settings without default. */
const SAMPLES: Readonly<Record<string, string>> = {
  'providers[feed].feeds[].path': '/etc/tripline/feeds',
  'providers[feed].feeds[].link': 'https://intel.example.org/',
  'providers[misp].url': 'https://misp.example.org',
  'providers[misp].webUrl': 'https://misp.example.org',
  'providers[misp].caFile': '/etc/tripline/misp-ca.pem',
  'providers[misp].apiKeyFile': '/etc/tripline/misp-api-key',
  'providers[opencti].url': 'https://opencti.example.org',
  'providers[opencti].webUrl': 'https://opencti.example.org',
  'providers[opencti].caFile': '/etc/tripline/opencti-ca.pem',
  'providers[opencti].tokenFile': '/etc/tripline/opencti-token',
  'providers[opencti].mirror.stream': '0b1e5f3c-0000-4000-8000-000000000001',
}

const WIDTH = 100

const HEADER = `# Configuration of Tripline. This file is generated: \`tripline config --example\` prints it.
#
# It loads as it stands and changes nothing: a line such as \`#level: info\` shows the default of a setting, or a
# sample where there is none; take the # away and write your own. Environment variables win over this file. All of
# it is explained in docs/configuration.md.
`

/** A configuration file with every setting, commented out, that loads as it stands. */
export function renderExample(): string {
  const sections = CONFIG_SHAPE.fields.map((field) => fieldLines(field, '', true).join('\n'))
  return `${HEADER}\n${sections.join('\n\n')}\n`
}

/** `live` lines count; the others are commented out, so that taking the # away anywhere gives valid YAML. */
function fieldLines(field: Field, indent: string, live: boolean): string[] {
  const { key, shape, initial } = field
  // The example leads to files for secrets.
  if (shape.kind === 'scalar' && shape.scalar === 'secret') return []
  const head = (active: boolean, text = ''): string => `${indent}${active ? '' : '#'}${key}:${text}`
  const notes = comment(field, indent)
  const below = `${indent}  `
  if (shape.kind === 'object')
    return [...notes, head(live), ...shape.fields.flatMap((child) => fieldLines(child, below, live))]
  if (shape.kind === 'choice') return [...notes, head(live), ...choiceLines(key, shape.variants, below)]
  if (shape.kind === 'record' && shape.values.kind === 'choice')
    return [...notes, head(live), ...componentLines(key, shape.values.variants, below)]
  if (shape.kind === 'list' && shape.items.kind === 'object')
    return [...notes, head(false), ...itemLines(shape.items, below)]
  const isType = typeOf(shape) !== ''
  return [...notes, head(live && isType, ` ${inline(isType ? typeOf(shape) : (initial ?? sample(field)))}`)]
}

/** The word of a `type` that is the only one allowed; empty for other settings. */
function typeOf(shape: Shape): string {
  if (shape.kind !== 'scalar' || shape.values?.length !== 1) return ''
  return shape.values[0] ?? ''
}

function componentLines(
  section: string,
  variants: ReadonlyMap<string, ObjectShape>,
  indent: string,
): string[] {
  const defaults = Object.entries(valueAt(DEFAULT_COMPONENTS, [section]) ?? {})
  return [...variants].flatMap(([type, variant]) => {
    const id = defaults.find(([, component]) => isTree(component) && component['type'] === type)?.[0]
    const live = id !== undefined
    return [
      ...prose(variant.description, indent),
      `${indent}${live ? '' : '#'}${id ?? type}:`,
      ...variant.fields.flatMap((field) => fieldLines(field, `${indent}  `, live)),
    ]
  })
}

/** Of alternatives only the default can stand in the file; the others are named. */
function choiceLines(section: string, variants: ReadonlyMap<string, ObjectShape>, indent: string): string[] {
  const initial = valueAt(DEFAULT_COMPONENTS, [section, 'type'])
  return [...variants].flatMap(([type, variant]) => {
    const notes = prose(`\`${type}\`: ${variant.description}`, indent)
    return type === initial
      ? [...notes, ...variant.fields.flatMap((field) => fieldLines(field, indent, true))]
      : notes
  })
}

function itemLines(item: ObjectShape, indent: string): string[] {
  const [first = '', ...lines] = item.fields.flatMap((field) => {
    const [line, ...more] = fieldLines({ ...field, description: '' }, `${indent}  `, false)
    return line === undefined ? [] : [...comment(field, `${indent}  `), line, ...more]
  })
  const settings = [first, ...lines]
  const start = settings.findIndex((line) => /^\s*#\S/.test(line))
  return settings.map((line, index) => (index === start ? line.replace(/^(\s*) {2}#/, '$1#- ') : line))
}

function sample({ setting, key, shape }: Field): unknown {
  if (shape.kind !== 'scalar') return []
  if (shape.scalar === 'number' || shape.scalar === 'integer') return Number(shape.most ?? shape.least ?? 1)
  return SAMPLES[setting] ?? shape.values?.[0] ?? key
}

function comment({ description, shape, initial }: Field, indent: string): string[] {
  if (shape.kind !== 'scalar') return prose(description, indent)
  if (typeOf(shape) !== '') return []
  const values = shape.values ?? []
  const unsaid = values.some((value) => !description.includes(`\`${value}\``))
  const range = rangeText(shape).replace(/^,? /, '')
  const sentences = [
    description,
    unsaid ? `One of ${values.join(', ')}.` : '',
    range === '' ? '' : `${range.charAt(0).toUpperCase()}${range.slice(1)}.`,
    initial === undefined ? 'No default.' : '',
  ]
  return description === '' ? [] : prose(sentences.join(' '), indent)
}

/** Comment lines of whole words; their `# ` tells them from settings. */
function prose(text: string, indent: string): string[] {
  const lines: string[] = []
  for (const word of text.split(' ').filter((part) => part !== '')) {
    const last = lines.at(-1)
    if (last === undefined || last.length + word.length >= WIDTH) lines.push(`${indent}# ${word}`)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}
