import { createHash } from 'node:crypto'
import type { FakeTagInput } from '../types.ts'

export interface Organisation {
  readonly id: number
  readonly name: string
  readonly uuid: string
  readonly local: boolean
}

export interface Tag {
  readonly id: number
  readonly name: string
  readonly colour: string
  readonly numericalValue: string | null
  readonly isGalaxy: boolean
  readonly local: boolean
}

/** A UUID that is the same in each run. */
export function uuidOf(text: string): string {
  const hex = createHash('sha1').update(text).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

export interface Organisations {
  readonly all: readonly Organisation[]
  named(name: string): Organisation
  byId(id: number): Organisation
  add(organisation: Organisation): void
}

/** The two organisations of the recorded server, and others as they are named. */
export function createOrganisations(): Organisations {
  const all: Organisation[] = [
    { id: 1, name: 'ORGNAME', uuid: 'bc889f4b-96f7-4dd9-8fa4-81f59e1dccc4', local: true },
    { id: 2, name: 'Partner CERT', uuid: '566c5567-b2bd-4583-b0a8-337247ccf419', local: true },
  ]
  const add = (organisation: Organisation): void => {
    all.push(organisation)
  }
  return {
    all,
    add,
    named: (name) => {
      const known = all.find((each) => each.name === name)
      if (known !== undefined) return known
      const made = { id: all.length + 1, name, uuid: uuidOf(`organisation ${name}`), local: false }
      add(made)
      return made
    },
    byId: (id) => all.find((each) => each.id === id) ?? { id, name: `org ${id}`, uuid: '', local: false },
  }
}

export interface Tags {
  readonly all: ReadonlyMap<string, Tag>
  readonly of: (input: FakeTagInput) => Tag
}

export function createTags(): Tags {
  const all = new Map<string, Tag>()
  const make = (name: string, input: Exclude<FakeTagInput, string>): Tag => {
    const tag = {
      id: input.id ?? all.size + 1,
      name,
      colour: input.colour ?? `#${createHash('sha1').update(name).digest('hex').slice(0, 6)}`,
      numericalValue: input.numericalValue ?? null,
      isGalaxy: name.startsWith('misp-galaxy:'),
      local: input.local ?? false,
    }
    if (!all.has(name)) all.set(name, tag)
    return tag
  }
  return {
    all,
    of: (input) => {
      if (typeof input === 'string') return all.get(input) ?? make(input, { name: input })
      const known = all.get(input.name)
      return known !== undefined && known.local === (input.local ?? false) ? known : make(input.name, input)
    },
  }
}

/** Where MISP files a type when the sender does not say. Others: Network activity. */
const CATEGORIES: readonly (readonly [RegExp, string])[] = [
  [/^(md5|sha|ssdeep|filename|malware-sample|imphash|tlsh|vhash|pdb|authentihash)/, 'Payload delivery'],
  [/^(regkey|mutex|named pipe|windows-|pattern-in)/, 'Artifacts dropped'],
  [/^(email|target-|mobile-)/, 'Payload delivery'],
  [/^(btc|xmr|dash|iban|bic|cc-number|bank)/, 'Financial fraud'],
  [/^(link|comment|text|vulnerability)/, 'External analysis'],
  [/^(yara|sigma)/, 'Payload delivery'],
  [/^(phone-number|datetime|float|counter|size-in-bytes|boolean|hex|port|cpe)$/, 'Other'],
]

export function defaultCategory(type: string): string {
  return CATEGORIES.find(([pattern]) => pattern.test(type))?.[1] ?? 'Network activity'
}
