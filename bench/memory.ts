/** Child of `run.ts`: memory after loading a feed and while scanning a file several times. Prints rows, then JSON. */
import { readFileSync } from 'node:fs'
import { wholeScan } from './measure.ts'

const MIB = 1024 * 1024

/** Anonymous and file-backed resident memory of this process in MiB (proc_pid_status(5)). */
function resident(): { readonly anonymous: number; readonly file: number } {
  const status = readFileSync('/proc/self/status', 'utf8')
  const kib = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? Number.NaN)
  return {
    anonymous: Math.round((kib('RssAnon') * 1024) / MIB),
    file: Math.round((kib('RssFile') * 1024) / MIB),
  }
}

function say(what: string): ReturnType<typeof resident> {
  const { anonymous, file } = resident()
  process.stdout.write(
    `${`memory ${what}`.padEnd(36)} ${String(anonymous).padStart(9)} MiB   (${file} MiB mapped from files)\n`,
  )
  return { anonymous, file }
}

const [feed = '', alerts = '', passes = '1'] = process.argv.slice(2)
const start = say('at start')
const scan = await wholeScan(alerts, feed)
const loaded = say(`with ${scan.indicators} indicators`)
const scanned: ReturnType<typeof resident>[] = []
for (let pass = 1; pass <= Number(passes); pass++) {
  await scan.run()
  if (pass === 1 || pass === Number(passes) || pass % 5 === 0)
    scanned.push(say(`after pass ${pass} of ${passes}`))
}
await scan.close()
process.stdout.write(`${JSON.stringify({ start, loaded, scanned })}\n`)
