import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CommanderError } from 'commander'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { configCommand } from '../../src/commands/config.ts'
import { loadConfig } from '../../src/config/load.ts'
import { AppError } from '../../src/core/errors.ts'

let dir: string
beforeEach(async () => void (dir = await mkdtemp(join(tmpdir(), 'tripline-config-'))))
afterEach(() => rm(dir, { recursive: true }))

async function file(name: string, text: string | Uint8Array): Promise<string> {
  const path = join(dir, name)
  await writeFile(path, text)
  return path
}

/** What the command writes. Rejects with what it rejects with, never ends the process. */
async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  let written = ''
  const command = configCommand({ env, write: (text) => void (written += text) })
  command.exitOverride().configureOutput({ writeErr: () => undefined })
  await command.parseAsync(args, { from: 'user' })
  return written
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.catch((reason: unknown) => reason)
  return error instanceof AppError ? error.code : String(error)
}

/** Root may read everything, so the refusal of the operating system is played. */
function refuseToRead(): Promise<never> {
  return Promise.reject(Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' }))
}

describe('tripline config', () => {
  it('--example prints a file that loads', async () => {
    const path = await file('tripline.yaml', await run(['--example']))
    await expect(loadConfig({ file: path, env: {} })).resolves.toMatchObject({ warnings: [] })
  })

  it('--schema prints a JSON Schema that knows files of secrets', async () => {
    const schema: unknown = JSON.parse(await run(['--schema']))
    expect(schema).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      additionalProperties: false,
    })
    expect(JSON.stringify(schema)).toContain('"apiKeyFile"')
  })

  it('--effective prints file and environment together, without secrets', async () => {
    const key = await file('key', 'PLANTED\n')
    const path = await file('t.yaml', 'suppress:\n  scope: observable\n')
    const env = { MISP_URL: 'https://misp.example.org', MISP_API_KEY_FILE: key, TRIPLINE_CONFIG: '/nowhere' }
    const text = await run(['--effective', '--config', path], env)
    expect(text).toContain(`  scope: observable # ${path}:2`)
    expect(text).toContain('apiKey: "[REDACTED]" # MISP_API_KEY_FILE')
    expect(text).not.toContain('PLANTED')
    expect(parse(text)).toMatchObject({ suppress: { scope: 'observable', matchWindow: '10m' } })
  })

  it('--effective reads the file of TRIPLINE_CONFIG', async () => {
    const path = await file('t.yaml', 'stateDir: /here\n')
    expect(await run(['--effective'], { TRIPLINE_CONFIG: path })).toContain(`stateDir: /here # ${path}:1`)
  })

  it('prints its help with examples when nothing is asked for', async () => {
    expect(await run([])).toMatch(/Usage: config.*--effective.*Examples:/s)
  })

  it('refuses two at once', async () => {
    await expect(run(['--example', '--schema'])).rejects.toBeInstanceOf(CommanderError)
  })
})

describe('files', () => {
  it('that are missing, folders, or larger than 1 MiB are unreadable', async () => {
    const large = await file('large.yaml', '#'.repeat(1024 * 1024 + 1))
    for (const path of [join(dir, 'nowhere.yaml'), dir, large])
      expect(await codeOf(loadConfig({ file: path, env: {} }))).toBe('CONFIG_UNREADABLE')
  })

  it('of exactly 1 MiB are read', async () => {
    const path = await file('large.yaml', `#${'x'.repeat(1024 * 1024 - 1)}`)
    await expect(loadConfig({ file: path, env: {} })).resolves.toBeDefined()
  })

  it('without an end are not read to it', async () => {
    expect(await codeOf(loadConfig({ file: '/dev/zero', env: {} }))).toBe('CONFIG_UNREADABLE')
  })

  it('of bytes that are no text are problems, not crashes', async () => {
    const path = await file(
      'binary',
      Uint8Array.from({ length: 4096 }, (_, n) => (n * 7919) % 256),
    )
    expect(await codeOf(loadConfig({ file: path, env: {} }))).toBe('CONFIG_INVALID')
  })

  it('of secrets that may not be read are named, with their variable', async () => {
    const key = await file('key', 'PLANTED')
    const env = { MISP_URL: 'https://misp.example.org', MISP_API_KEY_FILE: key }
    const error: unknown = await loadConfig({ env, readFile: refuseToRead }).catch(
      (reason: unknown) => reason,
    )
    expect(String(error)).toContain(`MISP_API_KEY_FILE: cannot read the secret in ${key}: EACCES`)
  })

  it('of secrets that are not there have a code of their own', async () => {
    const env = { MISP_URL: 'https://misp.example.org', MISP_API_KEY_FILE: join(dir, 'nowhere') }
    expect(await codeOf(loadConfig({ env }))).toBe('SECRET_UNREADABLE')
  })
})
