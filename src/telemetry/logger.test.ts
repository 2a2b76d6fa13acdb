import { expect, it } from 'vitest'
import { createLogger } from './logger.ts'
import { textLines } from './text-lines.ts'

const INJECTION = 'a\n{"level":60,"msg":"FORGED"}\r\u001b[2J\u009b31m\u007f\u2028\u202e'
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const NOT_PLAIN = /[\u0000-\u001f\u007f-\u009f\u2028\u202e]/

function logged(textOf?: (line: string) => string): readonly string[] {
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line) }
  const logger = createLogger({ level: 'info', destination, ...(textOf === undefined ? {} : { textOf }) })
  logger.error({ file: INJECTION, error: INJECTION, list: [{ [INJECTION]: INJECTION }] }, 'A file is wrong')
  return lines
}

it.each([
  ['JSON', undefined],
  ['text', textLines({ colorize: false })],
] as const)('writes %s a line each, whatever comes from outside', (_name, textOf) => {
  const lines = logged(textOf)
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatch(/A file is wrong.*\n$/)
  expect(lines[0]?.slice(0, -1)).not.toMatch(NOT_PLAIN)
})

it('changes no field by that', () => {
  expect(JSON.parse(logged()[0] ?? '')).toMatchObject({
    file: INJECTION,
    error: INJECTION,
    list: [{ [INJECTION]: INJECTION }],
  })
})
