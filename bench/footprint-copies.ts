/** Copies of a million indicators in a state directory, as a daemon finds them at a restart. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { CLI } from '../test/support/cli.ts'
import { configure, stopped } from './footprint-processes.ts'
import { startFake } from './mirror-processes.ts'

export const PLATFORMS = ['misp', 'opencti'] as const
export type Platform = (typeof PLATFORMS)[number]

/** The address is a part of what a copy was made of, so it is the same when a kept copy is used again. */
const PORTS = { misp: '18491', opencti: '18492' } as const satisfies Record<Platform, string>
const ATTRIBUTES = 100

const fakeSchema = z.object({ url: z.string(), key: z.string().default(''), token: z.string().default('') })

/** A folder with a copy in its `state`, made by `tripline intel sync` when there is none yet. Gives the configuration. */
export async function copyOf(platform: Platform, count: number, parent: string): Promise<string> {
  const folder = join(parent, `${platform}-${count}`)
  const isMade = existsSync(join(folder, 'state', `intel-${platform}.lmdb`))
  await mkdir(folder, { recursive: true })
  const script = fileURLToPath(new URL(`../test/support/fake-${platform}/main.ts`, import.meta.url))
  const size =
    platform === 'misp'
      ? ['--events', String(Math.ceil(count / ATTRIBUTES)), '--attributes', String(ATTRIBUTES)]
      : ['--indicators', String(count)]
  const fake = await startFake(script, ['--port', PORTS[platform], ...(isMade ? [] : size)])
  try {
    const { url, key, token } = fakeSchema.parse(JSON.parse(fake.line))
    const secret = platform === 'misp' ? { apiKey: key } : { token }
    const provider = { type: platform, mode: 'mirror', url, ...secret, timeout: '2m', retries: 0 }
    const config = await configure(folder, { providers: { [platform]: provider } })
    if (!isMade) await sync(config)
    return config
  } finally {
    await stopped(fake.process)
  }
}

async function sync(config: string): Promise<void> {
  const child = spawn(process.execPath, [CLI, 'intel', 'sync', '--config', config], { stdio: 'inherit' })
  await once(child, 'exit')
  if (child.exitCode !== 0) throw new Error('the copy could not be made')
}
