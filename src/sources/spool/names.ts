import type { Platform } from '../../core/ports.ts'

/** `<epoch seconds>.<nanoseconds>.<process id>.<integration>`: sorts by time. Ids of processes have at most 7 digits on Linux. */
const SPOOLED = /^\d{1,12}\.\d{1,9}\.\d{1,10}\.(.+)$/

/** The name of the integration that wrote a file; '' when the name of the file does not tell. */
export function integrationOf(file: string): string {
  return SPOOLED.exec(file)?.[1] ?? ''
}

/** Whose events an integration's rules and dashboards know, by its name. */
export function platformOf(integration: string): Platform | undefined {
  const name = integration.toLowerCase()
  if (name.includes('opencti')) return 'opencti'
  return name.includes('misp') ? 'misp' : undefined
}
