import { expect, it } from 'vitest'
import { createFieldIndex, type FieldNode } from './field-index.ts'

const LONG_KEY = 'k'.repeat(5000)

it('gives a field what its path says, by the whole path, the subtree or the last name', () => {
  const index = createFieldIndex({ 'my.client': 'ip', 'my.own.**': 'ignore', '*.client_url': 'url' }, true)
  const kindOf = (...keys: readonly string[]): string =>
    keys.reduce<FieldNode>((node, key) => index.child(node, key), index.root).kind
  expect(kindOf('my', 'client')).toBe('ip')
  expect(kindOf('my', 'own', 'deep', 'field')).toBe('ignore')
  expect(kindOf('a', 'b', 'client_url')).toBe('url')
  // Longer than any rule: what is looked up is its beginning and its end.
  const far = Array.from({ length: 100 }, () => 'far')
  expect(kindOf('my', 'own', ...far)).toBe('ignore')
  expect(kindOf(...far, 'client_url')).toBe('url')
  expect(kindOf(...far, 'client')).toBe('text')
})

it('keeps nothing of paths that are longer than any real one', () => {
  // A bug took 600 MiB for 80 alerts of nested long keys: each path was remembered in full.
  const index = createFieldIndex({}, true)
  let node = index.root
  for (let depth = 0; depth < 250; depth++) node = index.child(node, `${LONG_KEY}${depth}`)
  expect(node.path.length).toBeLessThanOrEqual(1024)
  expect(node.kind).toBe('text')
  expect(index.root.children.size).toBe(0)
  index.child(index.root, 'short')
  expect([...index.root.children.keys()]).toEqual(['short'])
})
