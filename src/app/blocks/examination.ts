import type { Config } from '../../config/schema.ts'
import { createExtractor, type Extract } from '../../extract/extract.ts'
import { createLoopGuard } from '../../extract/loop-guard.ts'
import { createProbing } from '../../intel/mirror/probes.ts'
import { createExamineLines, type ExamineLines } from '../../pipeline/examine-lines.ts'
import { createPolicy } from '../../pipeline/policy.ts'
import { formatParsed } from '../../sinks/format.ts'
import { createDecoder } from '../../sources/decode.ts'

/** All that the examination of lines needs to know: plain data, which can be given to another thread. */
export interface ExaminationSettings extends Pick<Config, 'extract' | 'policy'> {
  /** Whether a log of what was found is written. */
  readonly parsedLines: boolean
}

/** `extract`: that of the alerts examined one by one beside it, whose caches are the point. */
export async function createExamination(
  { extract: extractConfig, policy, parsedLines }: ExaminationSettings,
  extract: Extract = createExtractor(extractConfig),
): Promise<ExamineLines> {
  const decode = await createDecoder()
  const guard = createLoopGuard(extractConfig.ignoreIntegrations)
  return createExamineLines({
    decode: (line) => {
      const decoded = decode(line, '', 0)
      return decoded.kind === 'alert' && !decoded.repaired ? decoded.alert : undefined
    },
    isOwn: (alert) => guard.isOwn(alert),
    extract,
    policy: createPolicy(policy),
    probe: createProbing(),
    ...(parsedLines ? { parsedLine: formatParsed } : {}),
  })
}
