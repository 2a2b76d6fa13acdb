import type { Exception, PageSetUp } from './notes.ts'

/**
 * What each page presumes, and what is expected of its blocks. A block that is named nowhere here is run as it stands, on a
 * machine with a Wazuh manager, with Tripline installed and configured, and must end with 0.
 */

const OWN_LIST = "printf '%s\\n' 11.0.0.66 evil.example.com >bad-ips.txt"

const SERVICE = [
  'install -m 0644 deploy/systemd/tripline.service /etc/systemd/system/',
  'echo 11.0.0.99 >/etc/tripline/feeds/own.txt',
  'systemctl enable --now tripline',
].join('; ')

export const SET_UPS: Readonly<Record<string, PageSetUp>> = {
  'CONTRIBUTING.md': {
    machine: 'sources',
    blocks: [
      { holds: 'fake-misp', until: '"key":' },
      { holds: 'fake-opencti', until: '"stream":' },
    ],
  },
  'README.id.md': {
    machine: 'sources',
    fill: { 'your.public.address': '11.0.0.77' },
    blocks: [
      {
        holds: 'node dist/cli.js scan',
        before: OWN_LIST,
        says: [' exact ipv4 11.0.0.66 ', 'MATCH', 'hit: url https://evil.example.com/login'],
      },
      {
        holds: 'systemctl enable',
        before:
          'echo 11.0.0.99 >/etc/tripline/feeds/own.txt; install -d -o tripline /var/log/misp-processor; cp "$work/feeds.yaml" /etc/tripline/tripline.yaml',
      },
      { holds: 'misp.key\neditor', after: 'test -s /etc/tripline/misp.key' },
      {
        holds: 'opencti.example.net',
        before: 'install -o root -g tripline -m 0640 /run/written/opencti.token /etc/tripline/',
      },
      { holds: 'tripline check', says: ['ok       providers.misp', 'ok       providers.opencti'] },
      {
        holds: 'tail -F',
        before: 'systemctl restart tripline; keeps_coming 11.0.0.77',
        says: ['"value":"11.0.0.77"'],
      },
      { holds: 'tripline lookup', says: ['hit: domain c2.example.com', 'misp '] },
      { holds: 'install.sh --apply', says: ['checked with wazuh-analysisd -t'] },
    ],
  },
  'README.md': {
    machine: 'sources',
    fill: { '<this repository>': '/srv/tripline', 'your.public.address': '11.0.0.77' },
    blocks: [
      { holds: 'npm ci && npm run demo', says: [/^demo: .*, 0 lost/m] },
      {
        holds: 'lookup --config examples/demo.yaml',
        says: ['hit: ipv4 198.51.100.23', ' exact ipv4 198.51.100.23 '],
      },
      {
        holds: 'node dist/cli.js scan --feed',
        before: OWN_LIST,
        says: [' exact ipv4 11.0.0.66 ', 'MATCH', 'hit: url https://evil.example.com/login'],
      },
      { holds: 'misp.key\neditor', after: 'test -s /etc/tripline/misp.key' },
      {
        holds: 'opencti.example.net',
        before: 'install -o root -g tripline -m 0640 /run/written/opencti.token /etc/tripline/',
      },
      {
        holds: 'tripline check',
        before: SERVICE,
        says: ['ok       providers.misp', 'ok       providers.opencti'],
      },
      {
        holds: 'tail -F',
        before: 'systemctl restart tripline; keeps_coming 11.0.0.77',
        says: ['MATCH', '"value":"11.0.0.77"'],
      },
      { holds: 'intel status', says: ['hit: domain c2.example.com', /^misp +hybrid +fresh/m] },
      { holds: 'logger', after: "grep -q '192.0.2.1 port' /var/ossec/logs/alerts/alerts.json" },
    ],
  },
  'deploy/wazuh/README.md': {
    before: 'cd deploy/wazuh',
    blocks: [
      {
        holds: 'grep -rnE',
        code: 1,
        after: 'enough_when_raised 100622',
      },
      {
        holds: 'wazuh-analysisd -t',
        before: 'cat localfile.xml >>/var/ossec/etc/ossec.conf; touch /var/log/tripline/wazuh-events.json',
      },
      { holds: 'type: wazuh-queue', isApart: true },
      {
        holds: 'sendto',
        before: ': >/var/ossec/logs/alerts/alerts.json',
        after: `waits_for grep '"id":"100622"' /var/ossec/logs/alerts/alerts.json`,
      },
    ],
  },
  'docs/custom-opencti.md': {
    before: 'systemctl start wazuh-manager; enough_when_raised 10021[2345] /var/log/tripline/ioc-matched.log',
    fill: { '"src_ip":"203.0.113.66"': '"src_ip":"11.0.0.66"' },
    blocks: [
      { holds: 'install -d -o tripline -g wazuh', after: 'drop_in StateDirectoryMode=0751' },
      { holds: 'tripline check', says: ['ok       providers.opencti'] },
      { holds: '/tmp/try.alert', says: ['in the spool as ', '"value":"11.0.0.66"', /^[1-9]\d*$/m] },
    ],
  },
  'docs/delivery.md': {
    blocks: [
      {
        holds: 'dead-letters',
        before: [
          'alert 11.0.0.66; install -d /var/lib/tripline/dead-letters',
          `tail -n 1 /var/ossec/logs/alerts/alerts.json | jq -c '{schema:"tripline.dead-letter/1",time:"2026-11-21T10:00:00.000Z",reason:"age",component:"misp",alert:.}' >/var/lib/tripline/dead-letters/1.jsonl`,
        ].join('\n'),
        after: `grep -q '"value":"11.0.0.66"' replayed.jsonl`,
      },
    ],
  },
  'docs/http-source.md': {
    blocks: [
      { holds: 'host: 192.0.2.10', isApart: true },
      {
        holds: '@alert.json',
        before: 'tail -n 1 /var/ossec/logs/alerts/alerts.json >alert.json; systemctl restart tripline',
        says: ['{"accepted":1,"rejected":0}'],
      },
      {
        holds: 'split',
        before: 'cp /var/ossec/logs/alerts/alerts.json alerts.json',
        says: [/"accepted":\d\d/],
      },
    ],
  },
  'docs/install.md': {
    machine: 'sources',
    before: 'export real_npm=1',
    blocks: [
      { holds: 'npm install --global', says: [/^\d+\.\d+\.\d+$/m] },
      { holds: 'systemctl enable', says: ['Tripline is running'] },
      {
        holds: 'install.sh --apply',
        before: 'cp /var/ossec/etc/ossec.conf /run/ossec.conf.before',
        says: ['Nothing was changed. With --apply it is done', 'checked with wazuh-analysisd -t'],
        after: '[ "$(grep -c Tripline /var/ossec/etc/ossec.conf)" = 2 ]',
      },
      {
        holds: 'tripline doctor',
        says: ['looked at for user tripline', /^\d+ ok, \d+ warnings?, 0 failed, /m],
      },
      {
        holds: 'tail -n 50',
        says: ['MATCH'],
        after: [
          'finds',
          'waits_for test -s /var/log/tripline/wazuh-events.json',
          '[ "$(stat -c "%U:%G %a" /var/log/tripline/ioc-matched.log)" = "tripline:tripline 640" ]',
        ].join('\n'),
      },
      {
        holds: 'docker compose up',
        before: 'cd /srv/tripline/deploy',
        says: ['ok       providers.misp'],
        after: '[ "$(stat -c "%u %a" secrets/redis.password)" = "10001 400" ]',
      },
      {
        holds: '--undo',
        before: 'cd /srv/tripline',
        after:
          'cmp /var/ossec/etc/ossec.conf /run/ossec.conf.before; [ ! -e /etc/systemd/system/tripline.service ]; [ ! -e /usr/bin/tripline ]',
      },
    ],
  },
  'docs/migrate.md': {
    before: [
      'finds',
      `printf '{"misp":{"value":"%s"}}\\n' 11.0.0.66 old.example.org >/var/log/misp-processor/ioc-matched.log`,
    ].join('\n'),
    blocks: [{ holds: 'comm', says: [/^old\.example\.org$/m] }],
  },
  'docs/misp.md': {
    blocks: [{ holds: 'tripline check', says: ['ok       providers.misp', 'hit: domain c2.example.com'] }],
  },
  'docs/opencti.md': {
    blocks: [{ holds: 'tripline check', says: ['ok       providers.opencti', 'hit: domain c2.example.com'] }],
  },
  'docs/operations.md': {
    before: 'git clone --quiet /srv/tripline /opt/tripline',
    blocks: [
      { holds: 'git pull', says: ['Already up to date'] },
      { holds: 'intel sync', before: 'systemctl stop tripline' },
    ],
  },
  'docs/output.md': {
    before: 'finds 1100000; cd /var/log/tripline; head -n 1 ioc-matched.log | gzip >ioc-matched.log.1.gz',
    blocks: [{ holds: 'zcat', says: [/^\S+Z\tweb-07\texact\t11\.0\.0\.66$/m, 'x from 11.0.0.66 port'] }],
  },
  'docs/spool.md': {
    blocks: [
      {
        holds: 'integrations/custom-misp',
        before: 'drop_in StateDirectoryMode=0751; systemctl restart tripline',
      },
      { holds: '/tmp/try.alert', says: ['in the spool as '] },
    ],
  },
  'docs/status-page.md': {
    blocks: [
      { holds: 'host: 192.0.2.10', isApart: true },
      {
        holds: 'curl',
        before: 'systemctl start tripline; waits_for curl -fs http://127.0.0.1:9464/readyz',
        says: ['"status":'],
      },
    ],
  },
  'docs/troubleshooting.md': {
    blocks: [{ holds: 'tripline explain', says: ['MATCH', 'hit: domain c2.example.com'] }],
  },
  'docs/wazuh.md': {
    blocks: [{ holds: 'wazuh-analysisd', before: 'touch /var/ossec/etc/rules/raised_rules.xml' }],
  },
  'docs/wazuh5.md': {
    before:
      'export INDEXER_USER="admin:a password"; cp "$base/tls/cert.pem" root-ca.pem; cp examples/feeds/* /etc/tripline/feeds/',
    blocks: [{ holds: 'findings.json', says: ['"schema":"tripline.match/1"'] }],
  },
  'examples/README.md': {
    blocks: [
      { holds: 'lookup', says: ['hit: ipv4 198.51.100.23', 'MATCH'] },
      { holds: 'wazuh5', says: [' exact ipv4 198.51.100.77 '] },
    ],
  },
}

const A_LANE = 'It takes half a minute, and is a lane of its own.'

export const EXCEPTIONS: readonly Exception[] = [
  { page: 'CONTRIBUTING.md', holds: 'npm test', reason: 'It is these tests.' },
  { page: 'README.md', holds: '--misp', reason: A_LANE, lanes: ["'demo --misp'"] },
  { page: 'README.md', holds: '--opencti', reason: A_LANE, lanes: ["'demo --opencti'"] },
  { page: 'README.id.md', holds: '--misp', reason: A_LANE, lanes: ["'demo --misp'", "'demo --opencti'"] },
  {
    page: 'README.id.md',
    holds: 'npm ci && npm run demo',
    reason: 'README.md has the same, and is run.',
    asIn: 'README.md',
  },
]
