import { errorText } from '../../core/errors.ts'
import { limitRepeats, type Telemetry } from '../telemetry.ts'

/** What one source of warning-lists gives. */
export interface ListTotals {
  readonly lists: number
  readonly entries: number
  /** Entries that were not understood. */
  readonly skipped: number
}

/** What the warning-lists have to say. A source is the word `folder`, or the id of a provider. */
export interface WarningListEvents {
  /** The lists of a source are in use, new ones or those kept from an earlier time. */
  inUse(source: string, totals: ListTotals, from: 'source' | 'kept'): void
  entriesSkipped(source: string, list: string, skipped: number): void
  folderFailed(folder: string, problem: string): void
  folderEmpty(folder: string): void
  fileFailed(file: string, problem: string): void
  /** One list of a MISP; `kept`: what it had before stays in use. */
  listFailed(
    provider: string,
    list: string,
    failure: { readonly error: unknown; readonly kept: boolean },
  ): void
  /** A MISP does not say which lists it has; a command does not try again. */
  instanceFailed(provider: string, error: unknown, retryInMs?: number): void
  keepingFailed(provider: string, error: unknown): void
}

export function warningListEvents(telemetry: Telemetry): WarningListEvents {
  const { logger, metrics } = telemetry
  const limited = limitRepeats(telemetry)
  return {
    inUse: (source, totals, from) => {
      metrics.set('warning_list_entries', totals.entries, { source })
      const message =
        from === 'source'
          ? 'Warning-lists are in use'
          : 'Warning-lists kept from an earlier time are in use until their MISP answers'
      logger.info({ source, ...totals }, message)
    },
    entriesSkipped: (source, list, skipped) =>
      logger.warn({ source, list, skipped }, 'Entries of a warning-list were not understood'),
    folderFailed: (folder, problem) =>
      logger.warn({ folder, problem }, 'Folder of warning-lists cannot be used: nothing of it is in use'),
    folderEmpty: (folder) => logger.warn({ folder }, 'Folder of warning-lists has no list in it'),
    fileFailed: (file, problem) =>
      logger.warn({ file, problem }, 'Warning-list cannot be used: it is left out'),
    listFailed: (provider, list, { error, kept }) =>
      limited(`list ${provider} ${list}`, (suppressed) =>
        logger.warn(
          { provider, list, error: errorText(error), suppressed },
          kept
            ? 'Warning-list could not be fetched: its earlier version stays in use'
            : 'Warning-list could not be fetched: it is left out',
        ),
      ),
    instanceFailed: (provider, error, retryInMs) =>
      limited(`instance ${provider} ${errorText(error)}`, (suppressed) =>
        logger.warn(
          { provider, error: errorText(error), retryInMs, suppressed },
          retryInMs === undefined
            ? 'Warning-lists of a MISP could not be fetched: nothing is held back for them'
            : 'Warning-lists of a MISP could not be fetched: those fetched before stay in use',
        ),
      ),
    keepingFailed: (provider, error) =>
      limited(`keeping ${provider}`, (suppressed) =>
        logger.warn(
          { provider, error: errorText(error), suppressed },
          'Warning-list could not be written to the state directory: it is missing after a restart without MISP',
        ),
      ),
  }
}
