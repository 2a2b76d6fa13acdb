/**
 * For `schemaController` of Fastify: it would load the compilers of schemas at its start, which no route here has. The build leaves
 * them out (`scripts/build/bundle.ts`).
 */
export const NO_SCHEMAS = {
  compilersFactory: { buildValidator: refuseSchemas, buildSerializer: refuseSchemas },
}

function refuseSchemas(): never {
  throw new Error('Routes have no schemas')
}
