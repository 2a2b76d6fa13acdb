import { describe, expect, it } from 'vitest'
import { settingsOf } from './wazuh-settings.ts'
import { blocksIn, parseOssecConf, withoutComments } from './ossec-conf.ts'

const CONF = `<!-- <alerts><log_alert_level>15</log_alert_level></alerts> -->
<ossec_config>
  <global><jsonout_output>no</jsonout_output></global>
  <alerts>
    <log_alert_level> 3 </log_alert_level>
  </alerts>
</ossec_config>
<ossec_config>
  <global><jsonout_output>yes</jsonout_output></global>
  <localfile><location>/a</location><only-future-events max-size="1MB">no</only-future-events></localfile>
  <localfile><location>/b</location></localfile>
</ossec_config>
`

describe('ossec.conf', () => {
  it('has several roots; comments do not count, and the last value does', () => {
    const conf = parseOssecConf(CONF)
    expect(conf.setting('global', 'jsonout_output')).toBe('yes')
    expect(conf.setting('alerts', 'log_alert_level')).toBe('3')
    expect(conf.setting('alerts', 'email_alert_level')).toBeUndefined()
    expect(conf.blocks('localfile')).toHaveLength(2)
    expect(blocksIn(conf.blocks('localfile')[0] ?? '', 'only-future-events')).toEqual(['no'])
  })

  it.each([
    ['<rule_dir>a</rule_dir><rule>b</rule>', 'rule', ['b']],
    ['<rule>not closed', 'rule', []],
    ['<rule', 'rule', []],
    ['', 'rule', []],
  ])('%s has %s: %j', (text, name, expected) => {
    expect(blocksIn(text, name)).toEqual(expected)
  })

  it('whose comment is not closed ends there', () => {
    expect(withoutComments('a<!-- b -->c<!-- d')).toBe('ac')
  })
})

const judged = (conf: string) =>
  settingsOf({ kind: 'open', path: '/o', conf: parseOssecConf(conf), isManager: true }).map(
    ({ status, seen }) => `${status}: ${seen}`,
  )

describe('settings of a manager', () => {
  it('without a level have that of Wazuh, and a node is told', () => {
    const node = '<cluster><node_name>worker-1</node_name><disabled>no</disabled></cluster>'
    expect(judged(node)).toEqual([
      'ok: log_alert_level is 1: alerts of that level and above are written',
      expect.stringContaining('node worker-1 of a cluster') as string,
    ])
  })

  it('of an agent are not looked at', () => {
    const home = { kind: 'open', path: '/o', conf: parseOssecConf(''), isManager: false } as const
    expect(settingsOf(home)).toMatchObject([{ status: 'skipped' }])
  })
})
