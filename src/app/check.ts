import { access, constants, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Config } from '../config/schema.ts'
import { errorText, systemErrorCode, type AppError } from '../core/errors.ts'
import { describeFeeds } from '../intel/feed/inspect.ts'
import { createPolicy } from '../pipeline/policy.ts'

/** One thing that was looked at. */
export interface Finding {
  readonly level: 'ok' | 'warning' | 'error'
  readonly subject: string
  readonly text: string
  /** What to do about it. */
  readonly hint?: string
}

/** Looks at everything a configuration names, changes nothing. */
export async function checkAccess(config: Config): Promise<readonly Finding[]> {
  const findings = await Promise.all([
    ...Object.values(config.sources).flatMap(({ files }) => files.map(checkAlertFile)),
    checkWritable('stateDir', config.stateDir),
    ...Object.entries(config.sinks).map(([id, sink]) =>
      sink.type === 'stdout' ? ok(`sinks.${id}`, 'standard output') : checkOutput(`sinks.${id}`, sink.path),
    ),
  ])
  return [...findings, ...(await checkProviders(config)), ...checkPolicy(config)]
}

function ok(subject: string, text: string): Finding {
  return { level: 'ok', subject, text }
}

const GROUP_HINT =
  'Add the user that runs Tripline to group wazuh: usermod -aG wazuh <user>, then start it anew.'

async function checkAlertFile(path: string): Promise<Finding> {
  try {
    const { size } = await stat(path)
    await access(path, constants.R_OK)
    return ok(path, `readable, ${size} bytes`)
  } catch (error) {
    const code = systemErrorCode(error)
    if (code === 'EACCES' || code === 'EPERM')
      return { level: 'error', subject: path, text: 'no permission to read it', hint: GROUP_HINT }
    if (code === 'ENOENT') {
      const hint =
        'Tripline waits for it. Is the path right, and does Wazuh write JSON alerts (<jsonout_output>yes)?'
      return { level: 'warning', subject: path, text: 'is not there', hint }
    }
    return { level: 'error', subject: path, text: errorText(error) }
  }
}

/** A file that is there must be writable; its folder must be, too: rotation renames in it. */
async function checkOutput(subject: string, path: string): Promise<Finding> {
  try {
    await access(path, constants.W_OK)
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') {
      const hint = 'Give it to the user that runs Tripline, or set another path.'
      return { level: 'error', subject, text: `${path} is not writable: ${errorText(error)}`, hint }
    }
  }
  return checkWritable(subject, dirname(path))
}

/** A folder that is there and writable, or that can be made in the nearest one that is there. */
async function checkWritable(subject: string, folder: string): Promise<Finding> {
  try {
    await access(folder, constants.W_OK | constants.X_OK)
    return ok(subject, `${folder} is writable`)
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT' && dirname(folder) !== folder) {
      const parent = await checkWritable(subject, dirname(folder))
      return parent.level === 'ok' ? ok(subject, `${folder} will be made`) : parent
    }
    const hint = `Make it with the right owner: install -d -o <user> -m 0750 ${folder}`
    return { level: 'error', subject, text: `${folder} is not writable: ${errorText(error)}`, hint }
  }
}

async function checkProviders(config: Config): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const [id, provider] of Object.entries(config.providers)) {
    const subject = `providers.${id}`
    if (provider.type !== 'feed') {
      findings.push({
        level: 'warning',
        subject,
        text: 'settings are right; this kind of provider is not used in this version',
      })
      continue
    }
    if (provider.feeds.length === 0) {
      const hint = 'Name feed files or folders under providers.feeds.feeds, or in TRIPLINE_FEEDS.'
      findings.push({ level: 'warning', subject, text: 'no feeds: nothing will match', hint })
    }
    for (const feed of await describeFeeds(provider)) findings.push(...feedFindings(subject, feed))
  }
  return findings
}

function feedFindings(
  subject: string,
  feed: Awaited<ReturnType<typeof describeFeeds>>[number],
): readonly Finding[] {
  if (feed.problem !== undefined) return [problemFinding(subject, feed.path, feed.problem)]
  return feed.files.map((file) =>
    file.problem === undefined
      ? ok(subject, `${file.path}: ${file.format ?? 'unknown format'}, ${file.sizeBytes} bytes`)
      : problemFinding(subject, file.path, file.problem),
  )
}

function problemFinding(subject: string, path: string, { message, hint }: AppError): Finding {
  return { level: 'error', subject, text: `${path}: ${message}`, ...(hint === undefined ? {} : { hint }) }
}

function checkPolicy(config: Config): readonly Finding[] {
  return createPolicy(config.policy).invalid.map((entry) => ({
    level: 'error',
    subject: 'policy.allow',
    text: `${entry} is no address, network, domain, URL, e-mail address or digest`,
  }))
}
