import { LRUCache } from 'lru-cache'
import type { Tlp } from '../../../core/indicator.ts'
import type { OpenCtiIdentity } from '../../../core/opencti.ts'
import { TLP_MARKINGS, tlpOf } from '../../feed/tlp.ts'
import type { IndicatorNode } from '../client/schema.ts'
import type { References, StixObject } from './stix-document.ts'

/**
 * Who and what the references of streamed objects mean. Authors and markings come in the stream before the objects that name
 * them, and with each page of a full load.
 */
export interface Dictionary extends References {
  /** An object of the stream. */
  learn(object: StixObject): void
  learnNode(node: IndicatorNode): void
  /** From the disk, after a restart. */
  learnAuthor(author: OpenCtiIdentity): void
}

/** Authors are some hundreds even in large platforms. */
const MAX_KNOWN = 20_000

export function createDictionary(): Dictionary {
  const identities = new LRUCache<string, OpenCtiIdentity>({ max: MAX_KNOWN })
  const markings = new LRUCache<string, Tlp>({ max: MAX_KNOWN })

  function learnIdentity(identity: OpenCtiIdentity): void {
    if (identity.standard_id !== undefined && !identities.has(identity.standard_id))
      identities.set(identity.standard_id, identity)
  }

  function learnMarking(ref: string | undefined, definition: string | undefined): void {
    const tlp = definition === undefined ? undefined : tlpOf(definition)
    if (ref !== undefined && tlp !== undefined) markings.set(ref, tlp)
  }

  return {
    identity: (ref) => identities.get(ref),
    tlp: (ref) => TLP_MARKINGS.get(ref) ?? markings.get(ref),
    learn: ({ id, type, name, identity_class: identityClass, extensions }) => {
      if (type === 'marking-definition') learnMarking(id, name)
      if (type !== 'identity') return
      const [extension] = Object.values(extensions)
      identities.set(id, {
        ...(extension !== undefined && 'id' in extension ? { id: extension.id } : {}),
        standard_id: id,
        ...(name === undefined ? {} : { name }),
        ...(identityClass === undefined ? {} : { identity_class: identityClass }),
      })
    },
    learnNode: ({ createdBy, objectMarking }) => {
      for (const { standard_id: ref, definition } of objectMarking) learnMarking(ref, definition)
      if (createdBy?.standard_id === undefined) return
      const { id, standard_id: ref, name, identity_class: identityClass } = createdBy
      learnIdentity({
        standard_id: ref,
        ...(id === undefined ? {} : { id }),
        ...(name === undefined ? {} : { name }),
        ...(identityClass === undefined ? {} : { identity_class: identityClass }),
      })
    },
    learnAuthor: learnIdentity,
  }
}
