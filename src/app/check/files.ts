import type { Stats } from 'node:fs'
import { access, constants, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { errorText, systemErrorCode } from '../../core/errors.ts'
import { ok, type Finding } from './finding.ts'

export const GROUP_HINT =
  'Add the user that runs Tripline to group wazuh: usermod -aG wazuh <user>, then start it anew.'

/** An alert file: whether Tripline may read it. */
export async function checkAlertFile(path: string): Promise<Finding> {
  try {
    const found = await stat(path)
    if (!found.isFile()) {
      const hint = 'Name the file that Wazuh writes, one alert a line: logs/alerts/alerts.json.'
      return { level: 'error', subject: path, text: `is ${kindOf(found)}`, hint }
    }
    const { size } = found
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

function kindOf(found: Stats): string {
  if (found.isDirectory()) return 'a folder'
  return found.isFIFO() ? 'a named pipe' : 'no regular file'
}

/** A file that is there must be writable; its folder must be, too: rotation renames in it. */
export async function checkOutput(subject: string, path: string): Promise<Finding> {
  try {
    if ((await stat(path)).isDirectory())
      return { level: 'error', subject, text: `${path} is a folder`, hint: 'Name a file in it.' }
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
export async function checkWritable(subject: string, folder: string, existing = folder): Promise<Finding> {
  try {
    await access(existing, constants.W_OK | constants.X_OK)
    return ok(subject, existing === folder ? `${folder} is writable` : `${folder} will be made`)
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT' && dirname(existing) !== existing) {
      return checkWritable(subject, folder, dirname(existing))
    }
    const text =
      existing === folder
        ? `${folder} is not writable: ${errorText(error)}`
        : `${folder} is not there and cannot be made in ${existing}: ${errorText(error)}`
    const hint = `Make it with the right owner: install -d -o <user> -m 0750 ${folder}`
    return { level: 'error', subject, text, hint }
  }
}
