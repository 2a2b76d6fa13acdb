import { closeSync, mkdirSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { mountSmallDisk, mountsWork, type SmallDisk } from '../support/small-disk.ts'
import { caughtUp, query, stop, useWorkspace } from './workspace.ts'

const workspace = useWorkspace()

function ask(number: number, name: string): void {
  workspace.alerts().line(query(number, name))
  workspace.alerts().flush()
}

/** Takes all space of the state directory's disk; `makeRoom` gives it back. */
function fillUp(): void {
  const file = openSync(workspace.path('state/others'), 'w')
  try {
    for (;;) writeSync(file, Buffer.alloc(1024))
  } catch {
    closeSync(file)
  }
}

function makeRoom(): void {
  rmSync(workspace.path('state/others'))
}

function values(): readonly string[] {
  return workspace.matches().map(({ observable }) => observable.value)
}

describe.runIf(mountsWork('a full disk under stateDir'))('a full disk under stateDir', () => {
  let disk: SmallDisk
  beforeEach(() => {
    mkdirSync(workspace.path('state'))
    disk = mountSmallDisk(workspace.path('state'), '600k')
  })
  afterEach(() => disk.remove())

  it('R13: that fills up while it runs: matches go on, and are remembered again when there is room', async () => {
    workspace.file('bad.txt', 'evil.example.net\n')
    const first = workspace.start()
    ask(1, 'a.evil.example.net')
    await caughtUp(first, workspace.alerts())
    fillUp()
    ask(2, 'b.evil.example.net')
    await workspace.matched(2)
    await first.logged('The state store failed; a match may be reported twice, none is lost')
    workspace.file('bad.txt', 'evil.example.net\nworse.example.net\n')
    await first.logged('Indicators could not be loaded; the earlier ones stay')
    ask(3, 'c.evil.example.net')
    ask(4, 'worse.example.net')
    await workspace.matched(3)
    makeRoom()
    await first.logged('Mirror unit changed', { indicators: 2 })
    ask(5, 'd.worse.example.net')
    await workspace.matched(4)
    await caughtUp(first, workspace.alerts())
    await stop(first)
    // Read all again: what was stored is not reported a second time.
    rmSync(workspace.path('state/checkpoints'), { recursive: true })
    const second = workspace.start()
    await caughtUp(second, workspace.alerts())
    await stop(second)
    const seen = values()
    const once = ['a.evil.example.net', 'd.worse.example.net']
    expect(seen.filter((value) => once.includes(value)).toSorted()).toEqual(once)
    expect(new Set(seen)).toContain('b.evil.example.net')
    expect(new Set(seen)).toContain('c.evil.example.net')
  })

  it('that a feed does not fit on: it is offered again, and taken when there is room', async () => {
    workspace.file('bad.txt', Array.from({ length: 60_000 }, (_, i) => `n${i}.example.net\n`).join(''))
    const daemon = workspace.start()
    await daemon.logged('Indicators could not be loaded; the earlier ones stay')
    disk.resize('64m')
    await daemon.logged('Tripline is running', { indicators: 60_000 })
    ask(1, 'n59999.example.net')
    expect(await workspace.matched(1)).toHaveLength(1)
    await stop(daemon)
  })

  it('R13: at the start is told with what to do', async () => {
    fillUp()
    const { code, stderr } = await workspace.start().ended
    expect(code).toBe(1)
    expect(stderr).toContain('free space on its disk')
    expect(readdirSync(workspace.path('state'))).toEqual(['others'])
  })
})
