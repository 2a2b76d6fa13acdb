import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { SUITE_NAMES } from '../../src/app/bench/names.ts'
import { benchReportSchema } from '../../src/app/bench/schema.ts'
import { startFakeMisp } from '../support/fake-misp/fake-misp.ts'
import { useWorkspace } from './workspace.ts'

const workspace = useWorkspace()

describe('bench', () => {
  it('runs every suite against its own fakes when nothing is configured, and leaves none of them behind', async () => {
    const file = workspace.path('report.json')
    const small = ['--alerts', '9', '--seconds', '1', '--concurrency', '1,4', '--json', file]
    const { code, stdout, stderr } = await workspace.tripline(['bench', ...small]).ended
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    for (const suite of SUITE_NAMES) expect(stdout).toMatch(new RegExp(`^${suite}: passed`, 'm'))
    const report = benchReportSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
    expect(report).toMatchObject({ against: 'fakes', passed: true, interrupted: false, not_run: [] })
    expect(report.suites.map(({ suite, ended }) => [suite, ended])).toEqual(
      SUITE_NAMES.map((suite) => [suite, 'done']),
    )
    const performance = report.suites.find((result) => result.suite === 'performance')
    expect(performance).toMatchObject({ alerts: 9, alerts_unanswered: 0 })
    // The first alert has values that both fakes know.
    expect(performance?.matches).toBeGreaterThan(0)
    for (const { origin = '', requests } of report.providers) {
      expect(requests).toBeGreaterThan(20)
      await expect(fetch(origin)).rejects.toThrow('fetch failed')
    }
  })

  it('ends at Ctrl-C with what was measured until then, and says so', async () => {
    const misp = await startFakeMisp()
    try {
      const providers = { misp: { type: 'misp', url: misp.url, apiKey: misp.keys.user } }
      const config = workspace.config({ providers })
      const args = ['bench', 'reliability', 'resources', '--seconds', '300', '--json', '--config', config]
      const child = workspace.tripline(args)
      await expect.poll(() => misp.requests.length).toBeGreaterThan(3)
      child.kill('SIGINT')
      const { code, stdout } = await child.ended
      expect(code).toBe(1)
      const report = benchReportSchema.parse(JSON.parse(stdout))
      expect(report).toMatchObject({
        interrupted: true,
        passed: false,
        suites: [{ suite: 'reliability', ended: 'interrupted', passed: false }],
        not_run: [{ suite: 'resources', reason: 'interrupted' }],
      })
      const [reliability] = report.suites
      expect(reliability?.reasons).toEqual(['interrupted: the figures are those until then'])
      expect(reliability?.suite === 'reliability' && reliability.alerts).toBeGreaterThan(0)
      expect(reliability?.suite === 'reliability' && reliability.alerts_unanswered).toBe(0)
    } finally {
      await misp.close()
    }
  })

  it('leaves no fake behind when it is killed', async () => {
    const child = workspace.tripline(['bench', 'reliability', '--seconds', '300'])
    const { pid = 0 } = child
    await expect.poll(() => childrenOf(pid)).toHaveLength(1)
    const [fakes = 0] = childrenOf(pid)
    child.kill('SIGKILL')
    await child.ended
    await expect.poll(() => existsSync(`/proc/${fakes}`)).toBe(false)
  })
})

/** Of its main thread (proc_pid_children(5)). */
function childrenOf(pid: number): readonly number[] {
  const path = `/proc/${pid}/task/${pid}/children`
  return existsSync(path) ? (readFileSync(path, 'utf8').match(/\d+/g) ?? []).map(Number) : []
}
