/** A stream or TAXII collection: a name for a filter. */
export interface Collection {
  readonly id: string
  readonly name: string
  readonly description: string | null
  /** JSON of a filter group. */
  readonly filters: string
  readonly stream_live: boolean
  readonly stream_public: boolean
}
