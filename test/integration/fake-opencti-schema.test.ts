import type { GraphQLSchema } from 'graphql'
import {
  buildSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isSpecifiedScalarType,
  parse,
  validate,
  validateSchema,
} from 'graphql'
import { describe, expect, it } from 'vitest'
import { schemaOf } from '../support/fake-opencti/graphql/schema.ts'
import { recorded, recordingPresent } from '../support/fake-opencti/recorded.ts'

const RELEASES = ['5.12.33', '6.0.10', '6.7.11', '6.9.28', '7.260817.0'] as const
type Release = (typeof RELEASES)[number]

/** Where a release differs from the fake in more than strictness, and why that may be. */
const DIFFERING: Readonly<Partial<Record<Release, readonly string[]>>> = {}

/** Documents that ask for what the product does not need: the fake does not know it. */
const OUT_OF_SCOPE = new Set([
  '07-indicators-tostix',
  '17-observable-add',
  '18-indicator-add',
  '21-stix-bundle-push',
  '22-legacy-labels-markings-edges',
  '24-label-add',
  '25-decay',
  '26-legacy-filters-pre-5.12',
  '29-settings-health',
])
/** What a document needs beyond 5.12.24. */
const NEEDS: Readonly<Record<string, readonly Release[]>> = {
  '02-me-confidence': ['6.0.10', '6.7.11', '6.9.28', '7.260817.0'],
  '05-indicator-observable-values': ['6.7.11', '6.9.28', '7.260817.0'],
  '06-indicator-observable-values-hashes': ['6.7.11', '6.9.28', '7.260817.0'],
  '15-security-platform-add': ['6.7.11', '6.9.28', '7.260817.0'],
}
const IN_SCOPE = [
  '01-about-me',
  '02-me-confidence',
  '03-lookup-observables',
  '04-lookup-indicators',
  '05-indicator-observable-values',
  '06-indicator-observable-values-hashes',
  '08-combined-lookup',
  '09-context-relations',
  '10-context-relations-representative',
  '11-sighting-add',
  '12-sightings-list',
  '13-sighting-field-patch',
  '14-system-add',
  '15-security-platform-add',
  '16-organization-add',
  '19-stream-collections',
  '20-stream-collection-add',
  '23-marking-definitions',
  '27-observable-related-nested',
  '28-indicator-indicates-nested',
  '30-relations-from-or-to',
]

it.each(RELEASES)('the schema of the fake is one, as %s has it', (release) => {
  expect(validateSchema(schemaOf(release)).map(String)).toEqual([])
})

it('has the schemas of five releases beside the checkout', (context) => {
  context.skip(!recordingPresent, 'the folder shared/data/opencti is absent: the schema is not compared')
  expect(recordingPresent).toBe(true)
})

describe.skipIf(!recordingPresent)('the schema of the fake OpenCTI', () => {
  it.each(RELEASES)('is part of that of %s', (release) => {
    const real = buildSchema(recorded(`schema/opencti-${release}.graphql`), { assumeValid: true })
    expect(differences(schemaOf(release), real)).toEqual(DIFFERING[release] ?? [])
  })

  it.each(IN_SCOPE)('serves %s in the releases that have it', (name) => {
    const document = parse(recorded(`queries/${name}.graphql`))
    const valid = RELEASES.filter((release) => validate(schemaOf(release), document).length === 0)
    expect(valid).toEqual(NEEDS[name] ?? [...RELEASES])
    expect(OUT_OF_SCOPE.has(name)).toBe(false)
  })
})

/** What the fake has and a release has not, or otherwise. Types that promise more, or ask for less, are as good. */
function differences(ours: GraphQLSchema, theirs: GraphQLSchema): readonly string[] {
  const found: string[] = []
  for (const type of Object.values(ours.getTypeMap())) {
    if (type.name.startsWith('__') || isSpecifiedScalarType(type)) continue
    const real = theirs.getType(type.name)
    if (real === undefined) found.push(`${type.name} is not there`)
    else if (isEnumType(type) && isEnumType(real)) {
      const names = new Set(real.getValues().map(({ name }) => name))
      found.push(
        ...type
          .getValues()
          .filter(({ name }) => !names.has(name))
          .map(({ name }) => `${type.name}.${name} is not there`),
      )
    } else if (isInputObjectType(type) && isInputObjectType(real)) {
      for (const [name, field] of Object.entries(type.getFields())) {
        const other = real.getFields()[name]
        if (other === undefined) found.push(`${type.name}.${name} is not there`)
        else if (!asLoose(String(field.type), String(other.type)))
          found.push(`${type.name}.${name}: ${String(other.type)}`)
      }
      const required = Object.values(real.getFields()).filter((field) => String(field.type).endsWith('!'))
      found.push(
        ...required
          .filter(({ name }) => !(name in type.getFields()))
          .map(({ name }) => `${type.name}.${name} is required`),
      )
    } else if (
      (isObjectType(type) || isInterfaceType(type)) &&
      (isObjectType(real) || isInterfaceType(real))
    ) {
      const interfaces = new Set(real.getInterfaces().map(({ name }) => name))
      found.push(
        ...type
          .getInterfaces()
          .filter(({ name }) => !interfaces.has(name))
          .map(({ name }) => `${type.name} is no ${name}`),
      )
      for (const [name, field] of Object.entries(type.getFields())) {
        const other = real.getFields()[name]
        if (other === undefined) found.push(`${type.name}.${name} is not there`)
        else if (!asStrict(String(field.type), String(other.type)))
          found.push(`${type.name}.${name}: ${String(other.type)}`)
        for (const argument of field.args) {
          const same = other?.args.find((each) => each.name === argument.name)
          if (same === undefined) found.push(`${type.name}.${name}(${argument.name}) is not there`)
          else if (!asLoose(String(argument.type), String(same.type)))
            found.push(`${type.name}.${name}(${argument.name}): ${String(same.type)}`)
        }
      }
    } else if (type.constructor.name !== real.constructor.name) found.push(`${type.name} is something else`)
  }
  return found
}

/** `[String!]!` promises all that `[String]` does. */
function asStrict(ours: string, theirs: string): boolean {
  return (
    bare(ours) === bare(theirs) &&
    marks(theirs).every((strict, place) => strict || marks(ours)[place] === false)
  )
}

/** What may be left out with us may be left out with them. */
function asLoose(ours: string, theirs: string): boolean {
  return asStrict(theirs, ours)
}

function bare(type: string): string {
  return type.replaceAll('!', '')
}

/** For each name and bracket whether a `!` follows. */
function marks(type: string): readonly boolean[] {
  return [...type.matchAll(/(\w+|\])(!?)/g)].map(([, , mark]) => mark === '!')
}
