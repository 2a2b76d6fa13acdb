import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { dispatch } from '../../src/sinks/opencti-event/dispatch.ts'
import { wazuhLines } from '../../src/sinks/wazuh-events.ts'
import { alertOf } from '../support/alerts.ts'
import { alertOfRun, recordedRuns, recordedRunsPresent } from '../support/custom-opencti-recorded.ts'
import { leavesOf } from '../support/leaves.ts'
import {
  byObservable,
  byPattern,
  byRelated,
  fullIndicator,
  openCtiMatch,
} from '../support/opencti-samples.ts'

const FORMAT = { integration: 'misp', maxIndicatorEvents: 3, maxObservableEvents: 3 }

/** Runs of which the script asked for something else, and why: docs/custom-opencti.md. */
const ASKED_OTHERWISE: Readonly<Record<string, string>> = {
  sysmon_event_22: 'IPv6 addresses are written as OpenCTI has them, not exploded',
}

/** Runs that ended before the script had looked at the alert, or could send the request. */
const FAILED_BEFORE: ReadonlySet<string> = new Set([
  'bad_url_scheme',
  'conn_refused',
  'few_args',
  'missing_file',
])

it('has runs of the script in use beside the checkout', (context) => {
  context.skip(!recordedRunsPresent, 'the folder shared/data/custom-opencti is absent: nothing is compared')
  expect(recordedRunsPresent).toBe(true)
})

/** What they gave is compared end to end: test/e2e/custom-opencti.test.ts. */
describe.skipIf(!recordedRunsPresent)('the recorded runs of custom-opencti', () => {
  const runs = recordedRunsPresent ? recordedRuns() : []

  it('looked up what the dispatch table says, and nothing where it says nothing', () => {
    const compared = runs.filter((run) => run.alert !== null && !FAILED_BEFORE.has(run.name))
    expect(compared).toHaveLength(39)
    const different = compared.filter((run) => {
      const [request] = run.observed.requests
      const obs = request?.variables.obs.filters[0]
      const patterns = request?.variables.ind.filters[1].values
      const asked = obs && { key: obs.key, values: obs.values, patterns }
      const alert = alertOfRun(run)
      const ours = alert && dispatch(alert)
      return JSON.stringify(ours) !== JSON.stringify(asked)
    })
    expect(different.map(({ name }) => name)).toEqual(Object.keys(ASKED_OTHERWISE))
  })
})

const INDEXED = '../shared/data/opencti/real/misje-readme-indexed-events.json'

describe.skipIf(!existsSync(INDEXED))('events that its author has published', () => {
  it('have no key that ours cannot have, but for one of an older version', () => {
    const { events } = JSON.parse(readFileSync(INDEXED, 'utf8')) as {
      events: readonly { readonly document: { readonly data: unknown } }[]
    }
    const eventdata = { queryName: 'a', queryResults: 'b', image: 'c' }
    const syscheck = { path: 'a', md5_after: 'b', sha1_after: 'c', sha256_after: 'd' }
    const keys = [
      'in_iface',
      'src_ip',
      'src_mac',
      'src_port',
      'dest_ip',
      'dst_mac',
      'dest_port',
      'proto',
      'app_proto',
    ]
    const data = Object.fromEntries(keys.map((key) => [key, 'x']))
    const audit = {
      execve: { a0: 'x' },
      success: 'x',
      key: 'x',
      uid: 'x',
      gid: 'x',
      euid: 'x',
      egid: 'x',
      exe: 'x',
    }
    // Two, since nothing has all of it, and an event has room for 100 fields.
    const alerts = [
      alertOf({ syscheck, data }),
      alertOf({ data: { win: { eventdata }, audit: { ...audit, exit: '0', pid: '1' } } }),
    ]
    const far = { ...fullIndicator, id: 'far' }
    const lines = alerts.flatMap((alert) => [
      ...wazuhLines([openCtiMatch([byPattern(fullIndicator)], { alert })], FORMAT),
      ...wazuhLines([openCtiMatch([byObservable(fullIndicator), byRelated(far)], { alert })], FORMAT),
    ])
    const ours = new Set(lines.flatMap(({ text }) => leavesOf(JSON.parse(text)).map(([path]) => path)))
    const theirs = events.flatMap(({ document }) => leavesOf(document.data).map(([path]) => path))
    expect(theirs.length).toBeGreaterThan(50)
    expect([...new Set(theirs.filter((path) => !ours.has(path)))]).toEqual(['opencti.entity_type'])
  })
})
