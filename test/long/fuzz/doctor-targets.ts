import { blocksIn, parseOssecConf, withoutComments } from '../../../src/app/doctor/ossec-conf.ts'
import { fits } from '../../../src/app/doctor/wazuh-inputs.ts'
import { idsIn } from '../../../src/app/doctor/wazuh-rules.ts'
import type { Target } from './targets.ts'

const XML = ['<!--', '-->', '<rule ', '<rule', ' id="', '"', '>', '</rule>', '100001', '\n']

/** What `tripline doctor` reads of files that are not ours. */
export const DOCTOR_TARGETS: readonly Target[] = [
  { name: 'doctor: blocks', pieces: XML, run: (text) => blocksIn(text, 'rule') },
  { name: 'doctor: comments', pieces: XML, run: withoutComments },
  {
    name: 'doctor: ossec.conf',
    pieces: ['<global>', '</global>', '<jsonout_output>', '</jsonout_output>', 'yes', '<global'],
    run: (text) => parseOssecConf(text).setting('global', 'jsonout_output'),
  },
  { name: 'doctor: rules', pieces: XML, run: idsIn },
  {
    name: 'doctor: localfile',
    pieces: ['*', '**', '?', '/', '/var/log/', '.json', 'a'],
    run: (text) => fits(text, '/var/log/tripline/wazuh-events.json'),
  },
]
