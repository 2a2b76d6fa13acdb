/** Elements are made one by one, and text is always text: nothing that came in an alert is ever read as markup. */

type Child = Node | string

interface Options {
  readonly class?: string
  /** Attributes `data-…`. */
  readonly data?: Readonly<Record<string, string>>
  readonly title?: string
}

export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  options: Options = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag)
  if (options.class !== undefined) made.className = options.class
  if (options.title !== undefined) made.title = options.title
  for (const [name, value] of Object.entries(options.data ?? {})) made.dataset[name] = value
  made.append(...children)
  return made
}

/** The element of the page with an id; the page is served with this script, so it is there. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`The page has no #${id}`)
  return found
}

export function inputById(id: string): HTMLInputElement {
  const found = byId(id)
  if (!(found instanceof HTMLInputElement)) throw new Error(`#${id} is no input`)
  return found
}

export function button(text: string, onClick: () => void): HTMLButtonElement {
  const made = element('button', { class: 'plain' }, text)
  made.type = 'button'
  made.addEventListener('click', onClick)
  return made
}

/** A link to another site, opened only by a click; text where it is none to follow. */
export function link(url: string, text: string): Child {
  if (!URL.canParse(url) || !['http:', 'https:'].includes(new URL(url).protocol)) return text
  const made = element('a', {}, text)
  made.href = url
  made.rel = 'noopener noreferrer'
  made.target = '_blank'
  return made
}

/** Replaces the rows of a table; what is the same is left alone, so that nobody loses a place in it. */
export function setRows(
  id: string,
  rows: readonly (readonly Child[])[],
  numbers: readonly number[] = [],
): void {
  const body = byId(id)
  const made = rows.map((cells) =>
    element(
      'tr',
      {},
      ...cells.map((cell, at) => element('td', numbers.includes(at) ? { class: 'number' } : {}, cell)),
    ),
  )
  if (made.length === 0) made.push(element('tr', {}, element('td', { class: 'quiet' }, 'nothing yet')))
  const old = [...body.children]
  const isSame = old.length === made.length && old.every((row, at) => made[at]?.isEqualNode(row) === true)
  if (!isSame) body.replaceChildren(...made)
}
