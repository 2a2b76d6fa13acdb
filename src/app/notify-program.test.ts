import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { createNotifyProgram } from './notify-program.ts'

/** A `systemd-notify` that does what the script says, `$log` its file; and what it was told through the way. */
function program(script: string, timeoutMs?: number) {
  const folder = mkdtempSync(join(tmpdir(), 'tripline-notify-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const log = join(folder, 'log')
  writeFileSync(log, '')
  writeFileSync(join(folder, 'systemd-notify'), `#!/bin/sh\nlog='${log}'\n${script}\n`)
  chmodSync(join(folder, 'systemd-notify'), 0o755)
  const problems: string[] = []
  const way = createNotifyProgram({
    socket: '/run/systemd/notify',
    path: `${folder}:/usr/bin:/bin`,
    onFailure: (problem) => problems.push(problem),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  })
  return { way, problems, said: () => readFileSync(log, 'utf8') }
}

it('sends messages one after the other, and is done when the last is sent', async () => {
  const { way, problems, said } = program('for each in "$@"; do echo "<$each>" >> "$log"; done')
  way.send('READY=1\nSTATUS=Reading alerts\n')
  way.send('WATCHDOG=1\n')
  way.send('STOPPING=1\n')
  await way.close()
  expect(said()).toBe('<READY=1>\n<STATUS=Reading alerts>\n<WATCHDOG=1>\n<STOPPING=1>\n')
  expect(problems).toEqual([])
})

it('hands nothing of the environment on, where keys may be', async () => {
  const { way, said } = program('env > "$log"')
  way.send('READY=1')
  await way.close()
  const names = said()
    .split('\n')
    .flatMap((line) => line.split('=').slice(0, 1))
  expect(names.filter((name) => !['PWD', 'SHLVL', '_', ''].includes(name)).toSorted()).toEqual([
    'NOTIFY_SOCKET',
    'PATH',
  ])
  expect(said()).toContain('NOTIFY_SOCKET=/run/systemd/notify\n')
})

it.each([
  ['fails', 'echo "Failed to notify init system" >&2; exit 1', 'systemd-notify failed: Failed to notify'],
  ['does not end', 'exec sleep 60', 'systemd-notify did not end in time'],
])('says so where it %s, and goes on', async (_name, script, problem) => {
  const { way, problems } = program(script, 200)
  way.send('READY=1')
  way.send('STOPPING=1')
  await way.close()
  expect(problems).toEqual([expect.stringContaining(problem), expect.stringContaining(problem)])
})

it('does not pile up messages that wait', async () => {
  const { way, said } = program('echo "$1" >> "$log"')
  for (let i = 0; i < 100; i++) way.send('WATCHDOG=1')
  await way.close()
  expect(said().split('\n').length - 1).toBe(4)
})
