import { expect, it } from 'vitest'
import { indicatorNode } from '../client/schema.ts'
import { createDictionary } from './dictionary.ts'

const CUSTOM = 'marking-definition--0b1e5f3c-0000-4000-8000-000000000001'

function marked(definition: string | null) {
  return indicatorNode.parse({
    id: 'i',
    objectMarking: [null, { standard_id: CUSTOM, definition_type: 'TLP', definition }],
  })
}

it('learns from a load what the markings mean that streams only name', () => {
  const dictionary = createDictionary()
  expect(dictionary.tlp(CUSTOM)).toBeUndefined()
  dictionary.learnNode(marked('TLP:RED'))
  expect(dictionary.tlp(CUSTOM)).toBe('red')
})

it('takes no marking for a TLP that is none', () => {
  const dictionary = createDictionary()
  for (const definition of ['PAP:RED', '', null]) dictionary.learnNode(marked(definition))
  expect(dictionary.tlp(CUSTOM)).toBeUndefined()
})
