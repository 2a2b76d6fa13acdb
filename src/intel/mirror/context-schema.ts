import { z } from 'zod'
import type { OpenCtiContext } from '../../core/opencti.ts'

const text = z.string()
const texts = z.array(text)

/** `createdBy` of an `Indicator.context`. */
export const storedIdentity = z.object({
  id: text.exactOptional(),
  standard_id: text.exactOptional(),
  identity_class: text.exactOptional(),
  name: text.exactOptional(),
  x_opencti_organization_type: text.exactOptional(),
  x_opencti_reliability: text.exactOptional(),
  x_opencti_firstname: text.exactOptional(),
  x_opencti_lastname: text.exactOptional(),
})

const indicator = z.object({
  id: text,
  standard_id: text.exactOptional(),
  created_at: text.exactOptional(),
  updated_at: text.exactOptional(),
  createdBy: storedIdentity.exactOptional(),
  externalReferences: texts.exactOptional(),
  name: text.exactOptional(),
  description: text.exactOptional(),
  valid_from: text.exactOptional(),
  valid_until: text.exactOptional(),
  revoked: z.boolean().exactOptional(),
  confidence: z.number().exactOptional(),
  x_opencti_score: z.number().exactOptional(),
  x_opencti_detection: z.boolean().exactOptional(),
  x_opencti_main_observable_type: text.exactOptional(),
  indicator_types: texts.exactOptional(),
  x_mitre_platforms: texts.exactOptional(),
  pattern_type: text.exactOptional(),
  pattern: text.exactOptional(),
  killChainPhases: texts.exactOptional(),
  labels: texts.exactOptional(),
})

const observable = z.object({
  id: text,
  type: text,
  created_at: text.exactOptional(),
  updated_at: text.exactOptional(),
  createdBy: storedIdentity.exactOptional(),
  labels: texts.exactOptional(),
  externalReferences: texts.exactOptional(),
  observable_value: text.exactOptional(),
  x_opencti_description: text.exactOptional(),
  x_opencti_score: z.number().exactOptional(),
  value: text.exactOptional(),
  extensions: text.exactOptional(),
  size: z.number().exactOptional(),
  name: text.exactOptional(),
  x_opencti_additional_names: texts.exactOptional(),
})

const related = z.object({ id: text, type: text, relationship: text, value: text.exactOptional() })

/** `Indicator.context` as it lies on the disk. */
export const storedContext = z.object({
  platform: z.literal('opencti'),
  found: z.enum(['pattern', 'observable', 'related']),
  indicator,
  observable: observable.exactOptional(),
  related: related.exactOptional(),
}) satisfies z.ZodType<OpenCtiContext>
