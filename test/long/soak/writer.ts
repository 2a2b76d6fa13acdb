/**
 * Child of `soak.ts`: `writer.ts FOLDER SEED RATE SECONDS ROTATE_SECONDS`. Writes alerts at a steady rate as wazuh-analysisd does,
 * rotates, packs, and deletes old files; tells its parent each second how far it is.
 */
import { createReadStream, createWriteStream, rmSync, statSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { createGzip } from 'node:zlib'
import { createLogWriter } from '../../support/log-writer.ts'
import { prepareLines } from './lines.ts'

/** Where the writer is; bytes over all files. */
export interface Written {
  readonly alerts: number
  readonly bytes: number
  /** Of the file written to now, and at which of all bytes it began. */
  readonly ino: string
  readonly startsAt: number
  readonly rotations: number
  readonly done: boolean
}

const TICK_MS = 20
/** monitord packs ten seconds after midnight (4.14.7, recorded). */
const PACK_AFTER_S = 10
/** A new day after so many parts. */
const PARTS_A_DAY = 5
const KEEP_FILES = 8

const [folder = '', seed, rate, seconds, rotateSeconds] = process.argv.slice(2)
const alerts = Number(rate) * Number(seconds)
const lines = prepareLines({ folder, seed: Number(seed), alerts })
const writer = createLogWriter(folder)
const block = Buffer.alloc((Math.ceil((Number(rate) * 1000) / 1000) + 1) * lines.longest)
const old: string[] = []
/** The next packing: none begins when all is written. */
let packing: NodeJS.Timeout | undefined
let state: Written = { alerts: 0, bytes: 0, ino: inoOf(), startsAt: 0, rotations: 0, done: false }

function inoOf(): string {
  return String(statSync(writer.dated()).ino)
}

/** At most a second's worth at once: after a stall the rate is not made up for all at once. */
function write(upTo: number): void {
  const time = new Date().toISOString().replace('Z', '+0000')
  let end = 0
  let number = state.alerts
  for (; number < Math.min(upTo, state.alerts + Number(rate)); number++)
    end = lines.put(number, time, block, end)
  writer.bytes(block.subarray(0, end))
  state = { ...state, alerts: number, bytes: state.bytes + end }
}

async function pack(file: string): Promise<void> {
  await pipeline(createReadStream(file), createGzip({ level: 1 }), createWriteStream(`${file}.gz`))
  rmSync(file)
}

function rotate(): void {
  old.push(writer.dated())
  const rotations = state.rotations + 1
  const isNewDay = rotations % PARTS_A_DAY === 0
  const first = writer.dated().replace(/-\d{3}\.json$/, '.json')
  writer.rotate(isNewDay ? 'day' : 'part')
  if (isNewDay) packing = setTimeout(() => void pack(first), PACK_AFTER_S * 1000)
  for (const file of old.splice(0, Math.max(0, old.length - KEEP_FILES))) {
    rmSync(file, { force: true })
    rmSync(`${file}.gz`, { force: true })
  }
  state = { ...state, ino: inoOf(), startsAt: state.bytes, rotations }
}

process.on('disconnect', () => {
  process.exitCode = 1
  process.kill(process.pid, 'SIGTERM')
})
const began = performance.now()
for (let second = 0; state.alerts < alerts;) {
  await pause(TICK_MS)
  const elapsed = (performance.now() - began) / 1000
  write(Math.min(alerts, Math.floor(elapsed * Number(rate))))
  if (Math.floor(elapsed) === second) continue
  second = Math.floor(elapsed)
  writer.flush()
  if (second % Number(rotateSeconds) === 0) rotate()
  process.send?.(state)
}
writer.close()
clearTimeout(packing)
process.send?.({ ...state, done: true })
process.removeAllListeners('disconnect')
process.disconnect()
