import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import { join } from 'node:path'
import { startFakeMisp } from '../support/fake-misp/fake-misp.ts'
import { startFakeOpenCti } from '../support/fake-opencti/fake-opencti.ts'

/**
 * The servers that the pages name, by their names and with TLS, in a network of their own: a MISP, an OpenCTI, the indexer of
 * Wazuh 5. Arguments are the folder with the certificate, and the file that gets the keys.
 */
const [tlsFolder = '', keys = ''] = process.argv.slice(2)

/** The stream that the pages name. */
const STREAM = '0b1e5f3c-0000-4000-8000-000000000001'
/** Values that the platforms know; addresses of documentation are never looked up. */
const KNOWN_NAME = 'c2.example.com'
const KNOWN_ADDRESS = '11.0.0.66'

const misp = await startFakeMisp({
  recordRequests: false,
  events: [
    {
      info: 'Command and control',
      attributes: [
        { type: 'domain', value: KNOWN_NAME },
        { type: 'ip-dst', value: KNOWN_ADDRESS },
      ],
    },
  ],
})

const opencti = await startFakeOpenCti({ recordRequests: false })
for (const value of [KNOWN_NAME, KNOWN_ADDRESS]) {
  const type = value === KNOWN_NAME ? 'domain-name' : 'ipv4-addr'
  opencti.addIndicator({ name: value, pattern: `[${type}:value = '${value}']` })
}
const collections = opencti.instance.streams
const made = collections.get(opencti.addStreamCollection())
if (made !== undefined) collections.set(STREAM, { ...made, id: STREAM })

const BEHIND: Readonly<Record<string, string>> = {
  'misp.example.net': misp.url,
  'opencti.example.net': opencti.url,
  'opencti.example.org': opencti.url,
}

function pass(request: IncomingMessage, response: ServerResponse): void {
  const target = BEHIND[request.headers.host ?? '']
  if (target === undefined) {
    indexer(request, response)
    return
  }
  const { method, headers, url } = request
  const inner = httpRequest(new URL(url ?? '/', target), { method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
  })
  inner.on('error', () => response.destroy())
  response.on('close', () => inner.destroy())
  request.pipe(inner)
}

/** Findings in the form of a search answer, for who has the password. */
function indexer({ headers, url = '' }: IncomingMessage, response: ServerResponse): void {
  const isKnown = headers.authorization === `Basic ${Buffer.from('admin:a password').toString('base64')}`
  const isFound = url.startsWith('/wazuh-findings-v5-*/_search?')
  response.writeHead(isKnown ? (isFound ? 200 : 404) : 401, { 'content-type': 'application/json' })
  const lines = readFileSync('examples/wazuh5/findings.jsonl', 'utf8').trim().split('\n')
  const hits = lines.map((line) => ({ _index: 'wazuh-findings-v5-x', _source: JSON.parse(line) as unknown }))
  response.end(isKnown && isFound ? JSON.stringify({ hits: { hits } }) : '')
}

const tls = { key: readFileSync(join(tlsFolder, 'key.pem')), cert: readFileSync(join(tlsFolder, 'cert.pem')) }
for (const port of [443, 9200]) await once(createServer(tls, pass).listen(port, '127.0.0.1'), 'listening')
writeFileSync(keys, JSON.stringify({ misp: misp.keys.user, opencti: opencti.token }))
process.stdout.write('ready\n')
