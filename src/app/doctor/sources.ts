import { checkHttp } from '../check/http.ts'
import { checkLeftSpools, checkSpool } from '../check/spool.ts'
import { configured } from './context.ts'
import { freePort, isUsed, whoUses } from './daemon.ts'
import { resultOf, skipped, type Result, type Results } from './result.ts'

/** Sources that alerts come to by themselves: scripts of Wazuh, and HTTP. */
export const lookAtIntake = configured(async (context): Promise<Results> => {
  const { config } = context
  const results: Result[] = []
  for (const [id, source] of Object.entries(config.sources)) {
    const subject = `sources.${id}`
    if (source.type === 'spool') results.push(resultOf(await checkSpool(subject, source.dir)))
    if (source.type !== 'http') continue
    results.push(resultOf(await checkHttp(subject, source)))
    if (!isUsed(await whoUses(context))) results.push(await freePort(subject, source, true))
  }
  results.push(...(await checkLeftSpools(config)).map(resultOf))
  return results.length === 0 ? [skipped('no source of type spool or http')] : results
})
