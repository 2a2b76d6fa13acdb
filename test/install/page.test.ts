import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startFakeMisp, type FakeMisp } from '../support/fake-misp/fake-misp.ts'
import { alertLine } from '../support/log-writer.ts'
import { copyCheckout } from './checkout.ts'

/*
 * docs/install.md, block by block, as somebody follows it: on a copy of this machine that is gone afterwards (mount namespace,
 * overlays), with a folder made up like Wazuh's. Programs that are not here stand aside: systemd, an editor, an engine.
 */

const PAGE = readFileSync('docs/install.md', 'utf8')
const OVERLAYS = ['etc', 'var', 'opt', 'usr']
const CONF = '<ossec_config>\n  <global><jsonout_output>yes</jsonout_output></global>\n</ossec_config>\n'

let folder = ''
let misp: FakeMisp
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tripline-page-'))
  chmodSync(folder, 0o755)
  const attributes = [{ type: 'domain', value: 'evil.example.net' }]
  misp = await startFakeMisp({ events: [{ info: 'A campaign', attributes }] })
})
afterAll(async () => {
  await misp.close()
  rmSync(folder, { recursive: true, force: true })
})

function blocks(section: string): string {
  const text = PAGE.split(/^## /m).find((each) => each.startsWith(section)) ?? ''
  const found = [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, body = '']) => body)
  if (found.length === 0) throw new Error(`no block in ${section}`)
  return found.join('\n')
}

function program(name: string, script: string): void {
  mkdirSync(join(folder, 'bin'), { recursive: true })
  writeFileSync(join(folder, 'bin', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
}

function machine(): string {
  const mounts = OVERLAYS.map(
    (name) =>
      `mkdir -p ${folder}/o/${name}.up ${folder}/o/${name}.work; mount -t overlay overlay -o lowerdir=/${name},upperdir=${folder}/o/${name}.up,workdir=${folder}/o/${name}.work /${name}`,
  )
  return ['set -euo pipefail', `mkdir -p ${folder}/o; mount -t tmpfs tmpfs ${folder}/o`, ...mounts].join('\n')
}

/** What Wazuh's package has put there, as far as it is touched. */
const WAZUH = `
groupadd wazuh
mkdir -p /var/ossec/etc/rules /var/ossec/bin /var/ossec/logs/alerts
printf '%s' '${CONF}' > /var/ossec/etc/ossec.conf
printf '#!/bin/sh\\necho checked\\n' > /var/ossec/bin/wazuh-analysisd
chmod 0750 /var/ossec/bin/wazuh-analysisd
printf '%s\\n' '${alertLine(1, 300)}' > /var/ossec/logs/alerts/alerts.json
chgrp -R wazuh /var/ossec
chmod 0750 /var/ossec/logs /var/ossec/logs/alerts
chmod 0640 /var/ossec/logs/alerts/alerts.json`

/** What systemd does with the unit that the page has just installed: folders, user, command. */
const SERVICE = `
unit=/etc/systemd/system/tripline.service
value() { sed -n "s/^$1=//p" "$unit"; }
install -d -o "$(value User)" -g "$(value Group)" -m "$(value StateDirectoryMode)" "/var/lib/$(value StateDirectory)"
install -d -o "$(value User)" -g "$(value Group)" -m "$(value LogsDirectoryMode)" "/var/log/$(value LogsDirectory)"
cd /
runuser -u "$(value User)" -- $(value ExecStart) 2> "$folder/log" &
daemon=$!
trap 'kill $daemon 2>/dev/null || true' EXIT
for _ in $(seq 300); do
  if grep -q 'Reading a file' "$folder/log" && [ ! -e "$folder/told" ]; then
    printf '%s\\n' '${alertLine(2, 300).replace('"data":{', '"data":{"query":"www.evil.example.net",')}' >> /var/ossec/logs/alerts/alerts.json
    touch "$folder/told"
  fi
  if [ -s /var/log/tripline/ioc-matched.log ] && [ -s /var/log/tripline/wazuh-events.json ]; then break; fi
  kill -0 $daemon
  sleep 0.1
done
[ -s /var/log/tripline/wazuh-events.json ] || { cat "$folder/log"; exit 1; }
kill $daemon
wait $daemon || true
trap - EXIT
echo "match: $(cat /var/log/tripline/ioc-matched.log)"
stat -c 'mode: %U:%G %a' /var/log/tripline/ioc-matched.log`

function works(): boolean {
  const script = `${machine()}\ntest -d /etc`
  const { status } = spawnSync('unshare', ['--mount', 'bash', '-c', script], { stdio: 'ignore' })
  if (status === 0) return true
  process.stderr.write('SKIPPED: overlays cannot be mounted, docs/install.md is not followed\n')
  return false
}

it('docs/install.md leads from the sources to the first match, and back', async () => {
  if (!works()) return
  const checkout = join(folder, 'tripline')
  copyCheckout(checkout)
  program('systemctl', 'echo "systemctl $*"')
  program('journalctl', ':')
  program('docker', 'echo "docker $*"')
  const [, yaml = ''] = /^```yaml\n([\s\S]*?)^```$/m.exec(PAGE) ?? []
  writeFileSync(join(folder, 'tripline.yaml'), yaml.replace('https://misp.example.net', misp.url))
  writeFileSync(join(folder, 'key'), misp.keys.user)
  program(
    'editor',
    `for file; do case $file in *misp.key) cat ${folder}/key >"$file" ;; /etc/*.yaml) cat ${folder}/tripline.yaml >"$file" ;; esac; done`,
  )
  const script = [
    machine(),
    `folder=${folder}`,
    `export PATH=${folder}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
    WAZUH,
    `cd ${checkout}`,
    ...['1.', '2.', '3.', '4.', '5.', '6.'].map((section) => blocks(section)),
    '[ "$(grep -c Tripline /var/ossec/etc/ossec.conf)" = 2 ]',
    SERVICE,
    `cd ${checkout}/deploy`,
    blocks('Container'),
    'stat -c "secret: %u %a" secrets/redis.password',
    `cd ${checkout}`,
    blocks('Upgrade'),
    'cmp /var/ossec/etc/ossec.conf - <<"END"',
    CONF.trimEnd(),
    'END',
    'ls /etc/systemd/system/tripline.service 2>/dev/null || echo gone',
  ].join('\n')
  const env = { ...process.env, npm_config_prefer_offline: 'true', npm_config_loglevel: 'error' }
  const child = spawn('unshare', ['--mount', 'bash', '-c', script], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`It ended with ${code}:\n${output.slice(-4000)}`)
  expect(output).toContain('systemctl enable --now tripline')
  expect(output).toContain('checked with wazuh-analysisd -t')
  expect(output).toContain('looked at for user tripline')
  expect(output).toMatch(/^\d+ ok, \d+ warnings?, 0 failed, /m)
  expect(output).toMatch(/^match: .*"value":"www\.evil\.example\.net"/m)
  expect(output).toContain('mode: tripline:tripline 640')
  expect(output).toContain('secret: 10001 400')
  expect(output).toContain('docker compose up -d --build')
  expect(output).toMatch(/^gone$/m)
})
