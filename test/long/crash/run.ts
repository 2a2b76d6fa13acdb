import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createRandom, type Random } from '../../../bench/generator/random.ts'
import { parseJson } from '../../../src/core/json.ts'
import type { FakeMisp } from '../../support/fake-misp/fake-misp.ts'
import type { Outcome } from '../report.ts'
import { live, start, type CrashOptions, type Run } from './life.ts'
import { judge, type Evidence, type Verdict } from './judge.ts'
import { linesOf, readOutput } from './outputs.ts'
import { placesIn, startMisp, writeConfig, type Places } from './setup.ts'
import { alertsInFiles, startWazuh, type Wazuh } from './wazuh.ts'

/** The last process has everything told by then, or something is lost. */
const PATIENCE_MS = 240_000
const LOOK_EVERY_MS = 500
const POLL_MS = 20

/** A daemon is killed again and again while alerts are written, files rotated, and its MISP comes and goes. */
export async function runCrash(options: CrashOptions): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'tripline-crash-'))
  const places = placesIn(folder)
  const { misp, nameOf } = await startMisp(options.alerts)
  const receiver = await openReceiver(places.socket)
  const random = createRandom(options.seed)
  const wazuh = startWazuh(places.logs, options.alerts, random)
  const stdout: string[] = []
  const queue = receiver === undefined ? undefined : receiver.datagrams
  const evidence = (): Evidence => ({
    readable: alertsInFiles(places.logs),
    matched: readOutput(places.matched),
    parsed: readOutput(places.parsed),
    wazuhLog: readOutput(places.wazuhLog),
    stdout: linesOf(stdout),
    queue,
    sighted: misp.sightings.map(({ attributeUuid }) => nameOf.get(attributeUuid) ?? ''),
  })
  const run: Run = { ...options, places, random, wazuh, stdout, evidence }
  const { alerts, outputSize } = options
  writeConfig(folder, places, { alerts, misp, hasQueue: queue !== undefined, outputSize })
  const ending = new AbortController()
  const weather = comeAndGo(misp, createRandom(options.seed + 1), ending.signal)
  const began = performance.now()
  try {
    for (let kill = 1; kill <= options.kills; kill++) {
      await live(run, kill)
      if (kill % 10 === 0)
        run.say(`${kill} of ${options.kills} kills, ${wazuh.written()} of ${alerts} alerts written`)
    }
    ending.abort()
    const outages = await weather
    const verdict = await last(run)
    return outcome(run, verdict, { outages, seconds: Math.round((performance.now() - began) / 1000) })
  } finally {
    ending.abort()
    await weather
    wazuh.close()
    receiver?.close()
    await misp.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function openReceiver(path: string) {
  try {
    const { bindReceiver } = await import('../../support/receiver.ts')
    return bindReceiver(path)
  } catch {
    return undefined
  }
}

/** The MISP is down for a while now and then; gives how often. */
async function comeAndGo(misp: FakeMisp, random: Random, signal: AbortSignal): Promise<number> {
  let outages = 0
  const sleep = (ms: number): Promise<unknown> => pause(ms, undefined, { signal }).catch(() => undefined)
  while (!signal.aborted) {
    await sleep(1000 + random.int(4000))
    if (signal.aborted) break
    outages += 1
    await misp.stop()
    await sleep(300 + random.int(2500))
    await misp.start()
  }
  return outages
}

/** The last process is left to finish; it ends by SIGTERM. */
async function last(run: Run): Promise<Verdict> {
  const { wazuh, alerts, places, evidence, say } = run
  wazuh.write(alerts - wazuh.written())
  wazuh.flush()
  const daemon = start(run)
  await daemon.logged('Tripline is running')
  const deadline = performance.now() + PATIENCE_MS
  while (!isAtEnd(places, wazuh) && performance.now() < deadline) await pause(POLL_MS)
  say('all alerts are read; waiting for what is late')
  for (let began = performance.now(); began < deadline; began = performance.now()) {
    if (judge(evidence()).problems.length === 0) break
    // To judge takes seconds when there is much, and the MISP of this process answers nobody meanwhile.
    await pause(Math.max(LOOK_EVERY_MS, 2 * (performance.now() - began)))
  }
  daemon.kill('SIGTERM')
  const { code, stderr } = await daemon.ended
  const verdict = judge(evidence())
  if (code === 0) return verdict
  return {
    ...verdict,
    problems: [...verdict.problems, `The last process ended with ${code}: ${stderr.slice(-500)}`],
  }
}

/** Whether the checkpoint stands at the end of the live file. */
function isAtEnd({ checkpoint }: Places, wazuh: Wazuh): boolean {
  const { size, ino } = statSync(wazuh.dated())
  const text = parseJson(readIfThere(checkpoint))
  const current = (text as { files?: { current?: { ino: string; offset: number } }[] } | undefined)
    ?.files?.[0]?.current
  return current !== undefined && current.ino === String(ino) && current.offset === size
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function outcome(
  { seed, kills, alerts, wazuh, evidence }: Run,
  { problems, ...verdict }: Verdict,
  more: Readonly<Record<string, number>>,
): Outcome {
  const { readable, queue } = evidence()
  const { planted, lost, repeats } = verdict
  const without = queue === undefined ? ', without wazuh-queue (unix-dgram is not installed)' : ''
  return {
    line: `crash: seed ${seed}, ${kills} kills, ${readable.size} alerts, ${planted} planted, ${lost} lost, repeats ${JSON.stringify(repeats)}${without}`,
    problems,
    figures: { seed, kills, alerts, readable: readable.size, ...verdict, happened: wazuh.happened, ...more },
  }
}
