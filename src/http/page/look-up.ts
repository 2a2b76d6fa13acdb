import { byId, element, inputById, link } from './dom.ts'
import { readAnswers, readError } from './schema.ts'
import type { IndicatorRow, LookUpAnswer, LookUpQuestion, ProviderAnswer } from './wire.ts'

/** The form: one value in, what each provider says of it out. */
export function initLookUp(): void {
  const place = byId('look-up-answer')
  let asked = 0
  async function show(value: string): Promise<void> {
    asked += 1
    const own = asked
    place.replaceChildren(element('p', { class: 'quiet' }, 'Asking …'))
    const shown = await ask({ value })
    if (own === asked) place.replaceChildren(...shown)
  }
  byId('look-up').addEventListener('submit', (event) => {
    event.preventDefault()
    void show(inputById('look-up-value').value)
  })
}

async function ask(question: LookUpQuestion): Promise<readonly Node[]> {
  try {
    const response = await fetch('api/look-up', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(question),
    })
    const text = await response.text()
    if (!response.ok) return [element('p', {}, readError(text))]
    const answers = readAnswers(text)
    if (answers.length === 0)
      return [element('p', {}, 'This is no address, domain, URL, e-mail address or digest.')]
    return answers.map((answer) => answerElement(answer))
  } catch {
    return [element('p', {}, 'Tripline does not answer.')]
  }
}

function answerElement({ type, value, excluded, providers }: LookUpAnswer): Node {
  const heading = element('h3', {}, `${type} ${value}`)
  const why = excluded === undefined ? [] : [element('p', {}, `Never looked up in alerts: ${excluded}`)]
  return element(
    'div',
    {},
    heading,
    ...why,
    element('ul', {}, ...providers.map((each) => verdictElement(each))),
  )
}

function verdictElement({ provider, verdict, reason, indicators }: ProviderAnswer): Node {
  const words = element('strong', { data: { verdict } }, verdict)
  return element(
    'li',
    {},
    `${provider}: `,
    words,
    reason === undefined ? '' : ` (${reason})`,
    ...(indicators.length === 0
      ? []
      : [element('ul', {}, ...indicators.map((each) => indicatorElement(each)))]),
  )
}

function indicatorElement({ value, kind, source, title, tags, heldBy, link: url }: IndicatorRow): Node {
  return element(
    'li',
    {},
    `${kind}: `,
    url === undefined ? value : link(url, value),
    ` ${title}${title === '' ? '' : ', '}${source} `,
    ...(heldBy === undefined ? [] : [element('span', { class: 'tag' }, `held: ${heldBy}`)]),
    ...tags.map((tag) => element('span', { class: 'tag' }, tag)),
  )
}
