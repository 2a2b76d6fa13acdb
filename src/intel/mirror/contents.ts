import type { ComponentId } from '../../core/indicator.ts'
import type { UnitContent } from './loading.ts'

/** Which units each provider has given, and how much that is. */
export interface Contents {
  /** Puts `next` in the place of a unit's content, which is given back. An empty one removes the unit. */
  exchange(provider: ComponentId, unit: string, next: UnitContent): UnitContent
  readonly count: (provider: ComponentId) => number
  total(): number
}

export const EMPTY_UNIT: UnitContent = { blocks: [], indicators: 0 }

interface ProviderContent {
  readonly units: Map<string, UnitContent>
  indicators: number
}

export function createContents(): Contents {
  const providers = new Map<ComponentId, ProviderContent>()
  let total = 0

  function contentOf(provider: ComponentId): ProviderContent {
    const known = providers.get(provider)
    if (known !== undefined) return known
    const content = { units: new Map<string, UnitContent>(), indicators: 0 }
    providers.set(provider, content)
    return content
  }

  return {
    exchange: (provider, unit, next) => {
      const content = contentOf(provider)
      const old = content.units.get(unit) ?? EMPTY_UNIT
      if (next.indicators === 0) content.units.delete(unit)
      else content.units.set(unit, next)
      content.indicators += next.indicators - old.indicators
      total += next.indicators - old.indicators
      return old
    },
    count: (provider) => providers.get(provider)?.indicators ?? 0,
    total: () => total,
  }
}
