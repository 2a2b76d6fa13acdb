import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import type { JsonObject } from '../../src/core/json.ts'
import type { FakeOpenCti } from './fake-opencti/fake-opencti.ts'

/** The example configuration of the drop-in, so that it stays true. */
const EXAMPLE = 'deploy/wazuh/tripline-opencti.yaml'

interface Example {
  readonly sources: { readonly spool: JsonObject }
  readonly providers: { readonly opencti: JsonObject }
  readonly sinks: { readonly matches: JsonObject; readonly wazuh: JsonObject }
}

export interface DropInPlaces {
  readonly stateDir: string
  readonly spool: string
  readonly tokenFile: string
  readonly matches: string
  readonly socket: string
  readonly url: string
}

/** It with the paths of a test. */
export function dropInExample(places: DropInPlaces): Example & JsonObject {
  const example = parse(readFileSync(EXAMPLE, 'utf8')) as Example
  const { sources, providers, sinks } = example
  const { url, tokenFile } = places
  return {
    ...example,
    stateDir: places.stateDir,
    log: { level: 'debug', format: 'json' },
    sources: { spool: { ...sources.spool, dir: places.spool } },
    providers: { opencti: { ...providers.opencti, url: `${url}/graphql`, tokenFile } },
    sinks: {
      matches: { ...sinks.matches, path: places.matches },
      wazuh: { ...sinks.wazuh, socket: places.socket },
    },
  }
}

/** The same with nothing remembered: a value has an answer of its own in each run. */
export function dropInConfig(places: DropInPlaces, changes: JsonObject = {}): JsonObject {
  const { sources, providers, ...config } = dropInExample(places)
  const forgetful = { cacheTtl: '0s', negativeCacheTtl: '0s', staleTtl: '0s' }
  return {
    ...config,
    // On a busy machine, too, an event comes before those of later alerts.
    online: { patience: '20s' },
    sources: { spool: { ...sources.spool, pollInterval: '20ms' } },
    providers: { opencti: { ...providers.opencti, ...forgetful, ...changes } },
  }
}

/** An address that the fake always knows. An alert with it shows that those before it are done. */
const MARKED = '9.9.9.9'

export function putMarker(opencti: FakeOpenCti): void {
  opencti.addIndicator({ id: 'marker', pattern: `[ipv4-addr:value = '${MARKED}']`, name: 'marker' })
}

export function markerAlert(id: string): string {
  const agent = { id: '001', name: 'win10', ip: '10.0.0.5' }
  const rule = { id: '92000', level: 3, description: 'x', groups: ['sysmon_event3'] }
  return `${JSON.stringify({ timestamp: '2026-11-21T10:00:00.000+0000', rule, agent, id, data: { win: { eventdata: { destinationIp: MARKED } } } })}\n`
}

/** A datagram, in parts. */
export interface QueueMessage {
  readonly prefix: string
  readonly event: JsonObject
}

export function messageOf(datagram: string): QueueMessage {
  const at = datagram.indexOf(':{"') + 1
  return { prefix: datagram.slice(0, at), event: JSON.parse(datagram.slice(at)) as JsonObject }
}
