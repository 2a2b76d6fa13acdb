import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { USUAL_ARGUMENTS, useWazuhHome } from '../support/integration-stub.ts'

/** Recorded runs of misje/wazuh-opencti 0.3.0; not part of the project. */
const RECORDED = '../shared/data/custom-opencti'
const there = existsSync(RECORDED)
if (!there) process.stderr.write(`SKIPPED: ${RECORDED} is not there, recorded runs are not repeated\n`)

const wazuh = useWazuhHome()

interface Recorded {
  readonly name: string
  readonly alert: object | null
  readonly alert_raw: string | null
  /** What stood in place of alert file, key and URL. */
  readonly argv_override: readonly string[] | null
  readonly url_override: string | null
  readonly observed: { readonly exit_code: number }
}

const runs = !there
  ? []
  : readdirSync(RECORDED)
      .filter((name) => name.endsWith('.json') && name !== 'INDEX.json')
      .map((name) => JSON.parse(readFileSync(join(RECORDED, name), 'utf8')) as Recorded)

describe.skipIf(!there)('the alerts of the recorded runs', () => {
  it('are all there, many of them with a crash', () => {
    expect(runs).toHaveLength(44)
    expect(runs.filter(({ observed }) => observed.exit_code !== 0).length).toBeGreaterThan(10)
  })

  it.each(runs)('$name is handed over, silently and with status 0', async (run) => {
    wazuh.serve()
    const text = run.alert_raw ?? `${JSON.stringify(run.alert)}\n`
    const usual = [wazuh.alert(text), 'TOKEN-0000', run.url_override ?? 'http://OPENCTI/graphql']
    const args = run.argv_override ?? [...usual, ...USUAL_ARGUMENTS.slice(2)]
    expect(await wazuh.stub(args)).toEqual({ code: 0, stdout: '', stderr: '' })
    // Where the alert file is another one, it is not there: the daemon tells that.
    expect(wazuh.spooled().map(([, content]) => content)).toEqual([run.argv_override === null ? text : ''])
  })
})
