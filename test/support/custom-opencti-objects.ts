import { isRecord, type JsonObject } from '../../src/core/json.ts'
import { listOf, nodes, type RecordedRun } from './custom-opencti-recorded.ts'
import type { FakeOpenCti } from './fake-opencti/fake-opencti.ts'
import type { FakeCommonInput, FakeIdentityInput, FakeIndicatorInput } from './fake-opencti/types.ts'

/**
 * Puts what the prepared answer of a recorded run holds into the fake OpenCTI, with its ids and times. The script's server gave
 * it to whatever was asked; here it is found because it is about the value that the script looked up. Returns what removes it.
 */
export function putAnswer(opencti: FakeOpenCti, run: RecordedRun): () => void {
  const data = isRecord(run.stub.json?.data) ? run.stub.json.data : {}
  const put = new Set<string>()
  const indicator = (node: JsonObject): string => {
    const id = String(node['id'])
    if (!put.has(id)) putIndicator(opencti, id, node)
    put.add(id)
    return id
  }
  nodes(data['indicators']).forEach(indicator)
  for (const node of nodes(data['stixCyberObservables'])) {
    const indicators = nodes(node['indicators']).map(indicator)
    const { id } = opencti.addObservable({
      ...common(node),
      entity_type: String(node['type']),
      ...(node['type'] === 'StixFile'
        ? { name: String(node['name']), hashes: hashesOf(run), attributes: { size: node['size'] } }
        : { value: String(node['value']) }),
      x_opencti_score: node['x_opencti_score'] as number | null,
      x_opencti_description: node['x_opencti_description'] as string | null,
      indicators,
    })
    put.add(id)
  }
  return () => put.forEach((id) => opencti.deleteObject(id))
}

/** No two indicators of an OpenCTI have the same pattern; in a recording three have: they get it afterwards. */
function putIndicator(opencti: FakeOpenCti, id: string, node: JsonObject): void {
  const { pattern, ...input } = indicatorInput(node)
  opencti.addIndicator({ ...input, pattern: pattern.startsWith('[') ? pattern : `${pattern} ${id}` })
  const stored = opencti.instance.database.find(id)
  if (stored === undefined) throw new Error(`${id} became part of another indicator`)
  if (!pattern.startsWith('[')) opencti.instance.database.put({ ...stored, pattern })
}

function indicatorInput(node: JsonObject): FakeIndicatorInput {
  const { name, valid_until, revoked, confidence, indicator_types, pattern, pattern_type } = node
  return {
    ...common(node),
    ...({ name, valid_until, revoked, confidence, indicator_types, pattern, pattern_type } as {
      readonly pattern: string
    }),
    x_opencti_score: node['x_opencti_score'] as number | null,
    x_opencti_detection: node['x_opencti_detection'] as boolean,
    killChainPhases: listOf(node['killChainPhases']).map(({ kill_chain_name }) => ({
      kill_chain_name: String(kill_chain_name),
      phase_name: 'command-and-control',
    })),
  }
}

/** Indicators in their short form have no times and no author. */
function common(node: JsonObject): FakeCommonInput {
  const { id, created_at, updated_at, createdBy } = node
  const times = created_at === undefined ? {} : { created_at, updated_at }
  return {
    ...({ id, ...times } as FakeCommonInput),
    createdBy: isRecord(createdBy) ? authorOf(createdBy) : null,
    objectLabel: listOf(node['objectLabel']).map(({ value }) => String(value)),
    externalReferences: nodes(node['externalReferences']).map(({ url }) => ({
      source_name: 'a report',
      url: String(url),
    })),
  }
}

function authorOf({ id, standard_id, name }: JsonObject): FakeIdentityInput {
  return { entity_type: 'Organization', ...({ id, standard_id, name } as { readonly name: string }) }
}

/** The file whose digest was looked up. */
function hashesOf({
  observed,
}: RecordedRun): readonly { readonly algorithm: string; readonly hash: string }[] {
  const [request] = observed.requests
  const values = request?.variables.obs.filters[0].values ?? []
  return values.map((hash) => ({ algorithm: 'SHA-256', hash }))
}
