import { describe, expect, it } from 'vitest'
import { renderDocs } from './docs.ts'
import { ENVIRONMENT } from './environment.ts'
import { renderExample } from './example.ts'
import { loadConfig } from './load.ts'

function load(yaml: string) {
  return loadConfig({
    file: 'tripline.yaml',
    env: {},
    readFile: (path) => Promise.resolve(path === 'tripline.yaml' ? yaml : 'KEY'),
  })
}

describe('the example', () => {
  const example = renderExample()

  it('loads as it stands and changes nothing', async () => {
    const { config } = await loadConfig({ env: {} })
    expect((await load(example)).config).toEqual(config)
  })

  it('loads with every # before a setting taken away, and then names every component', async () => {
    const { config } = await load(example.replaceAll(/^(\s*)#(?=[^\s#])/gm, '$1'))
    expect(Object.keys(config.providers)).toEqual(['feeds', 'misp', 'opencti'])
    expect(Object.keys(config.sinks)).toEqual(['matches', 'parsed', 'stdout', 'wazuh-log', 'wazuh-queue'])
    expect(config.providers['feeds']).toMatchObject({
      feeds: [{ path: '/etc/tripline/feeds', tlp: 'clear' }],
    })
  })

  it('loads with any single one of them taken away, top-level and component settings', async () => {
    const lines = example.split('\n')
    const single = lines.flatMap((line, index) => (/^ {0,4}#[a-zA-Z]+: ?[^ ]/.test(line) ? [index] : []))
    const spool = lines.indexOf('  #spool:')
    const extract = lines.indexOf('extract:')
    const misp = lines.findIndex((line) => line === '  #misp:')
    const sinks = lines.indexOf('sinks:')
    const stdout = lines.indexOf('  #stdout:')
    const free = single.filter(
      (index) =>
        (index < spool || index > extract) &&
        (index < misp || index > sinks) &&
        (index < stdout || lines[index]?.startsWith('#')),
    )
    expect(free.length).toBeGreaterThan(25)
    for (const index of free) {
      const yaml = lines.with(index, lines[index]?.replace('#', '') ?? '').join('\n')
      await expect(load(yaml)).resolves.toBeDefined()
    }
  })
})

describe('the page', () => {
  const page = renderDocs()

  it.each(ENVIRONMENT)('has $name', ({ name }) => {
    expect(page).toContain(`\`${name}\``)
  })

  it('has its own YAML examples right', async () => {
    const blocks = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, block = '']) => block)
    expect(blocks.length).toBeGreaterThan(0)
    for (const block of blocks) await expect(load(block)).resolves.toBeDefined()
  })
})
