import { describe, expect, it } from 'vitest'
import { ENVIRONMENT } from './environment.ts'
import { LIMITS } from './limits.ts'
import { loadConfig } from './load.ts'
import type { Environment } from './read-environment.ts'
import { CONFIG_SHAPE, type Field, type Shape } from './shape.ts'

function load(env: Environment) {
  return loadConfig({ env, readFile: () => Promise.reject(new Error('no file')) })
}

function fieldsOf(shape: Shape): readonly Field[] {
  if (shape.kind === 'record') return fieldsOf(shape.values)
  if (shape.kind === 'list') return fieldsOf(shape.items)
  if (shape.kind === 'choice') return [...shape.variants.values()].flatMap(fieldsOf)
  return shape.kind === 'object' ? shape.fields.flatMap((field) => [field, ...fieldsOf(field.shape)]) : []
}

const fields = fieldsOf(CONFIG_SHAPE)
const names = new Set(fields.map(({ setting }) => setting))

describe('the table of variables', () => {
  it('names settings that exist', () => {
    const missing = ENVIRONMENT.flatMap(({ settings }) => settings).filter((setting) => !names.has(setting))
    expect(missing).toEqual([])
  })

  it('names each variable once', () => {
    const all = ENVIRONMENT.map(({ name }) => name)
    expect(new Set(all).size).toBe(all.length)
  })

  it.each(ENVIRONMENT.filter(({ initial }) => initial !== undefined))(
    '$name=$initial is the default: setting it changes nothing',
    async ({ name, initial }) => {
      const base = { MISP_URL: 'https://misp.example.org', MISP_API_KEY: 'KEY', REDIS_HOST: 'redis' }
      expect((await load({ ...base, [name]: initial })).config).toEqual((await load(base)).config)
    },
  )

  it.each(ENVIRONMENT.filter(({ secret }) => secret === true))('$name keeps its secret', async ({ name }) => {
    const env = { MISP_URL: 'nonsense', TRIPLINE_LOG_LEVEL: 'x', [name]: 'PLANTED' }
    const error: unknown = await load(env).catch((reason: unknown) => reason)
    expect(String(error)).toContain('MISP_URL')
    expect(String(error)).not.toContain('PLANTED')
  })
})

it('every duration and size is bounded, and no bound is left over', () => {
  const quantities = fields.filter(
    ({ shape }) => shape.kind === 'scalar' && (shape.scalar === 'duration' || shape.scalar === 'size'),
  )
  expect(quantities.map(({ setting }) => setting).toSorted()).toEqual(Object.keys(LIMITS).toSorted())
})

it('every setting of a section or component is described, save the columns of a CSV', () => {
  const silent = fields.filter(({ description, key }) => description === '' && key !== 'type')
  expect(
    silent.filter(({ setting }) => !setting.includes('.columns.')).map(({ setting }) => setting),
  ).toEqual([])
})
