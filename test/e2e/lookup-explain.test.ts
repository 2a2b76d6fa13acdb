import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { matchRecordSchema } from '../../src/sinks/schema.ts'
import { runCli, type CliOptions, type Ended } from '../support/cli.ts'
import { EXAMPLE_ALERTS, EXAMPLE_FEEDS, exampleLines, expectedOfExamples } from '../support/examples.ts'
import { useWorkspace } from './workspace.ts'

const workspace = useWorkspace()

function withExamples(args: readonly string[], options: CliOptions = {}): Promise<Ended> {
  const config = workspace.file(
    'examples.yaml',
    'policy: { lookUpSpecial: [documentation] }\nproviders: {}\n',
  )
  const [command = '', ...rest] = args
  return runCli([command, '--config', config, '--feed', EXAMPLE_FEEDS, ...rest], options)
}

/** Indicators are checked against the schema of the match record. */
const lookedUp = z.looseObject({ indicators: matchRecordSchema.shape.indicators })

const explained = z.strictObject({
  id: z.string(),
  dropped: z.string().optional(),
  observables: z.array(
    z.strictObject({
      type: z.string(),
      value: z.string(),
      where: z.array(z.string()).min(1),
      excluded: z.string().optional(),
      derived: z.literal(true).optional(),
    }),
  ),
  matches: z.array(
    z.strictObject({
      observable: z.strictObject({ type: z.string(), value: z.string() }),
      indicators: matchRecordSchema.shape.indicators,
    }),
  ),
  held: z
    .array(
      z.strictObject({
        observable: z.strictObject({ type: z.string(), value: z.string() }),
        suppressed_by: z.array(z.string()).optional(),
        indicators: matchRecordSchema.shape.indicators,
      }),
    )
    .default([]),
})

describe('explain --json', () => {
  it('gives one line an alert, in the order of the input, with all that was found', async () => {
    const { code, stdout, stderr } = await withExamples(['explain', '--json', EXAMPLE_ALERTS])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((line) => explained.parse(JSON.parse(line)))
    expect(rows.map(({ id }) => id)).toEqual(
      exampleLines().map((line) => (JSON.parse(line) as { readonly id: string }).id),
    )
    const { held, dropped } = expectedOfExamples()
    const heldBack = rows.flatMap((row) =>
      row.held.flatMap(({ observable, suppressed_by }) =>
        suppressed_by === undefined
          ? []
          : [{ alert_id: row.id, ...observable, reason: suppressed_by.join() }],
      ),
    )
    expect(heldBack).toEqual(held)
    expect(rows.filter((row) => row.dropped !== undefined).map(({ id }) => id)).toEqual(dropped)
  })

  it('says why a value is not looked up', async () => {
    const alert = '{"id":"1.1","data":{"srcip":"10.0.0.1","dstip":"198.51.100.1"}}'
    const { stdout } = await runCli(['explain', '--json', '-'], { stdin: alert })
    expect(JSON.parse(stdout)).toEqual({
      id: '1.1',
      observables: [
        { type: 'ipv4', value: '10.0.0.1', where: ['data.srcip'], excluded: 'private' },
        { type: 'ipv4', value: '198.51.100.1', where: ['data.dstip'], excluded: 'documentation' },
      ],
      matches: [],
    })
  })
})

describe('explain', () => {
  it('tells a person where a value stood, what matched and what is held back', async () => {
    const text = (await withExamples(['explain', EXAMPLE_ALERTS])).stdout
    expect(text).toContain('alert 1795161607.41250  rule 5710 level 5  agent 001 web-01')
    expect(text).toContain('  ipv4    198.51.100.23  at data.srcip, full_log\n          MATCH\n')
    expect(text).toContain('not looked up: private')
    expect(text).toContain('held back: revoked')
    expect(text).toContain(
      'not examined: it was caused by Tripline or another threat-intelligence integration',
    )
  })
})

describe('explain of an alert copied from the dashboard', () => {
  it.each([
    ['as it is', (alert: unknown) => alert],
    [
      'with its index around it',
      (alert: unknown) => ({ _index: 'wazuh-alerts-4.x-2026.03.09', _source: alert }),
    ],
  ])('reads it over many lines, %s', async (_what, form) => {
    const [line = ''] = exampleLines()
    const stdin = JSON.stringify(form(JSON.parse(line)), undefined, 2)
    const copied = await withExamples(['explain', '-'], { stdin })
    expect(copied).toMatchObject({ code: 0, stderr: '' })
    expect(copied.stdout).toBe((await withExamples(['explain', '-'], { stdin: line })).stdout)
    expect(copied.stdout).toMatch(/^alert \d/)
  })
})

describe('lookup', () => {
  it('answers for each value, defanged or not', async () => {
    const values = [
      '203.0.113.7',
      'hxxp://files[.]example[.]com/drop/x',
      'good.example.net',
      '10.0.0.1',
      'retired.example.net',
    ]
    const { code, stdout } = await withExamples(['lookup', ...values])
    expect(code).toBe(0)
    expect(stdout.split('\n').filter((line) => /^\w/.test(line))).toEqual([
      'hit: ipv4 203.0.113.7',
      'hit: url http://files.example.com/drop/x',
      'miss: domain good.example.net',
      'excluded (private): ipv4 10.0.0.1',
      'held: domain retired.example.net',
    ])
    expect(stdout).toContain('  policy.lookUpSpecial: [private] has such addresses looked up\n')
  })

  it('gives JSON, and ends with 1 for what is no value', async () => {
    const { code, stdout } = await withExamples(['lookup', '--json', 'c2.example.com', 'nonsense'])
    expect(code).toBe(1)
    const [hit, invalid] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object)
    expect(hit).toMatchObject({ input: 'c2.example.com', type: 'domain', verdict: 'hit' })
    const { indicators } = lookedUp.parse(hit)
    expect(indicators).toHaveLength(2)
    expect(invalid).toMatchObject({ input: 'nonsense', verdict: 'invalid' })
  })

  it('gives indicators as a match record has them', async () => {
    const { stdout } = await withExamples(['lookup', '--json', 'retired.example.net'])
    const [indicator] = lookedUp.parse(JSON.parse(stdout)).indicators
    expect(indicator).toMatchObject({
      held_by: 'revoked',
      revoked: true,
      source_type: expect.any(String) as string,
    })
    expect(stdout).not.toMatch(/"[a-z]+[A-Z]/)
  })

  it('says that a network cannot be looked up', async () => {
    const { code, stdout } = await withExamples(['lookup', '203.0.113.0/24'])
    expect(code).toBe(1)
    expect(stdout).toBe('invalid (a network cannot be looked up, the addresses in it can): 203.0.113.0/24\n')
  })
})
