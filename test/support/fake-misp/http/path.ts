/** A request path, taken apart. */
export interface RequestPath {
  /** As errors show it. */
  readonly url: string
  /** `controller/action`, lower-cased; `events/index` for the root. */
  readonly key: string
  readonly controller: string
  readonly args: readonly string[]
  readonly named: Readonly<Record<string, string>>
  /** Ends with `.json`: no `Accept` is needed. */
  readonly json: boolean
}

/** Doubled slashes, a trailing slash and `.json` are accepted. */
export function parsePath(target: string, basePath: string): RequestPath | undefined {
  const path = (target.split('?')[0] ?? '').replace(/\/{2,}/g, '/')
  if (basePath !== '' && path !== basePath && !path.startsWith(`${basePath}/`)) return undefined
  const url = path.slice(basePath.length) || '/'
  const json = url.endsWith('.json')
  const parts = (json ? url.slice(0, -5) : url).split('/').filter((part) => part !== '')
  const [controller = 'events', action = 'index', ...rest] = parts.map(decoded)
  const named = rest.filter(isNamed).map((part) => {
    const colon = part.indexOf(':')
    return [part.slice(0, colon), part.slice(colon + 1).replaceAll(';', ':')] as const
  })
  return {
    url,
    key: `${controller}/${action}`.toLowerCase(),
    controller: controller.toLowerCase(),
    args: rest.filter((part) => !isNamed(part)).map((part) => part.replaceAll(';', ':')),
    named: Object.fromEntries(named),
    json,
  }
}

function isNamed(part: string): boolean {
  return /^\w+:/.test(part)
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
