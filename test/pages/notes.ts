/** `holds` is a text that stands in one block of the page and in no other. */
export interface BlockNote {
  readonly holds: string
  /** Shell, run before it: what the text around the block has the reader do. */
  readonly before?: string
  /** Exit status, 0 when not given. */
  readonly code?: number
  /** What it must print, on standard output or standard error. */
  readonly says?: readonly (string | RegExp)[]
  /** It goes on for ever: it is ended when it has printed this. */
  readonly until?: string
  /** Shell that must succeed after it. */
  readonly after?: string
  /** Settings that are another way, not to be kept for what comes behind. */
  readonly isApart?: true
}

export interface PageSetUp {
  /**
   * `sources`: in a fresh clone; neither user nor folders are there. `installed` (when not given): Tripline and its unit are installed,
   * the current folder is that of the package.
   */
  readonly machine?: 'sources' | 'installed'
  /** Shell, run before the first block. */
  readonly before?: string
  /** What a reader puts in place of a text of the page. */
  readonly fill?: Readonly<Record<string, string>>
  readonly blocks?: readonly BlockNote[]
}

/** A block that is not run: it is only held to the rules for all. */
export interface Exception {
  readonly page: string
  readonly holds: string
  readonly reason: string
  /** Another page, on which all of its lines are run. */
  readonly asIn?: string
  /** Texts of `.ci/run`, which runs the same in lanes of their own. */
  readonly lanes?: readonly string[]
}
