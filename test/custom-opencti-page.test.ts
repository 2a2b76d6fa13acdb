import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ENVIRONMENT } from '../src/config/environment.ts'
import { DISPATCH } from '../src/sinks/opencti-event/dispatch-table.ts'
import { leavesOf } from './support/leaves.ts'
import { WAZUH_SAMPLES } from './support/wazuh-log-samples.ts'

const page = readFileSync('docs/custom-opencti.md', 'utf8')

/** The first cells of the table below a heading, without the empty ones. */
function names(heading: string): readonly string[] {
  const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  return [...section.matchAll(/^\| `([\w-]+)` /gm)].map(([, name = '']) => name)
}

describe('docs/custom-opencti.md', () => {
  it('has a row for each row of the dispatch table, in its order', () => {
    expect(names('What is asked')).toEqual(DISPATCH.map(({ name }) => name))
  })

  it('has a row for each type of event', () => {
    const types = WAZUH_SAMPLES.flatMap(([, line]) => leavesOf(JSON.parse(line)))
      .filter(([path]) => path === 'opencti.event_type')
      .map(([, type]) => type)
    expect(types).toHaveLength(5)
    expect(new Set(names('The events'))).toEqual(new Set(types))
  })

  it('names variables that there are', () => {
    const known = new Set(ENVIRONMENT.map(({ name }) => name))
    expect(names('Settings').length).toBeGreaterThanOrEqual(2)
    expect(names('Settings').filter((name) => !known.has(name))).toEqual([])
  })

  it('names only differences that there are with the recorded runs', () => {
    const section = page.split('\n## The recorded runs\n')[1] ?? ''
    const named = [...section.matchAll(/\| `([\w-]+)` +\|$/gm)].map(([, name = '']) => name)
    const all = new Set(names('Differences'))
    expect(named.length).toBeGreaterThan(10)
    expect(named.filter((name) => !all.has(name))).toEqual([])
  })

  it('names each difference once', () => {
    const all = names('Differences')
    expect(all.length).toBeGreaterThan(10)
    expect(new Set(all).size).toBe(all.length)
  })
})
