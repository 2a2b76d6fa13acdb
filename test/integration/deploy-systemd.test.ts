import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { settingsSchema } from '../../src/config/schema.ts'
import { canAnalyze, UNIT, unitValues } from '../support/systemd.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tripline-unit-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** `systemd-analyze verify` only warns of unknown settings and values, with status 0: what it says counts. */
function complaints(unit: string): string {
  const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', unit], { encoding: 'utf8' })
  return `${stdout}${stderr}${status === 0 ? '' : `status ${status}`}`
}

function unitWith(dropIn: string): string {
  const unit = join(folder, 'tripline.service')
  copyFileSync(UNIT, unit)
  mkdirSync(`${unit}.d`, { recursive: true })
  writeFileSync(join(`${unit}.d`, 'local.conf'), dropIn)
  return unit
}

/** Status 0 below an exposure of 2.0. */
function judge(unit: string) {
  return spawnSync('systemd-analyze', ['security', '--offline=true', '--no-pager', '--threshold=20', unit])
}

describe('the systemd unit', () => {
  it('is understood by systemd in every line, also with the credentials', () => {
    if (!canAnalyze()) return
    expect(complaints(UNIT)).toBe('')
    expect(complaints(unitWith(readFileSync('deploy/systemd/credentials.conf', 'utf8')))).toBe('')
    expect(complaints(unitWith('[Service]\nLoadKredential=a:/b\n'))).toContain('LoadKredential')
  })

  it('has an exposure of 2.0 at most', () => {
    if (!canAnalyze()) return
    const { status, stdout } = judge(UNIT)
    expect(String(stdout)).toMatch(/Overall exposure level for tripline\.service: [01]\.\d/)
    expect(status).toBe(0)
    expect(judge(unitWith('[Service]\nSystemCallFilter=\nProtectSystem=no\n')).status).not.toBe(0)
  })

  it('names the user, the group that may read alerts, and the folders of the defaults', () => {
    const defaults = settingsSchema.parse({})
    expect(unitValues('User')).toEqual(['tripline'])
    expect(unitValues('SupplementaryGroups')).toEqual(['wazuh'])
    expect(unitValues('ProtectSystem')).toEqual(['strict'])
    expect(unitValues('NoNewPrivileges')).toEqual(['yes'])
    expect(defaults.stateDir).toBe(`/var/lib/${unitValues('StateDirectory')[0]}`)
    const hidden = unitValues('InaccessiblePaths').flatMap((value) => value.split(' '))
    expect(hidden.every((path) => /^-\/var\/ossec\/(?!logs|queue)/.test(path))).toBe(true)
  })

  it('hears systemd-notify, a second process, where Tripline cannot send for itself', () => {
    expect(unitValues('Type')).toEqual(['notify'])
    expect(unitValues('NotifyAccess')).toEqual(['all'])
  })

  it('leaves more time to stop than Tripline takes', () => {
    const seconds = Number.parseInt(unitValues('TimeoutStopSec')[0] ?? '', 10)
    expect(seconds * 1000).toBeGreaterThan(settingsSchema.parse({}).shutdownDeadline)
  })
})
