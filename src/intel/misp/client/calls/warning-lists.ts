import { AppError } from '../../../../core/errors.ts'
import { malformed } from '../answers.ts'
import type { MispClient } from '../../api.ts'
import { exportedList, viewedList, warningListsAnswer } from '../schema.ts'
import type { AskMisp, MispAnswer } from './ask.ts'

export function warningListCalls(ask: AskMisp): Pick<MispClient, 'warningLists' | 'warningList'> {
  return {
    warningLists: async (signal) =>
      ask({ method: 'POST', path: '/warninglists/index', json: { enabled: 1 } }, headsOf, signal),
    warningList: async (id, signal) => {
      if (!/^\d+$/.test(id)) throw new AppError('INTERNAL', 'The id of a warning-list is not a number')
      try {
        return await ask({ method: 'GET', path: `/warninglists/export/${id}` }, exported, signal)
      } catch (error) {
        if (!isMissing(error)) throw error
        return ask({ method: 'GET', path: `/warninglists/view/${id}` }, viewed, signal)
      }
    },
  }
}

/** A function that MISP does not have is a 404 or, as recorded, a 403 for a lack of rights. */
function isMissing(error: unknown): boolean {
  const codes = ['PROVIDER_UNSUPPORTED', 'PROVIDER_REFUSED', 'PROVIDER_MALFORMED']
  return error instanceof AppError && codes.includes(error.code)
}

function headsOf({ json }: MispAnswer): Awaited<ReturnType<MispClient['warningLists']>> {
  const answer = warningListsAnswer.safeParse(json).data
  if (answer === undefined)
    throw malformed('MISP answered a question for its warning-lists with something else')
  return answer.Warninglists.filter(({ Warninglist: { enabled } }) => enabled).map(
    ({ Warninglist: list }) => ({
      id: list.id,
      name: list.name,
      version: list.version,
      entries: list.warninglist_entry_count,
      ...(list.default === undefined ? {} : { default: list.default }),
      ...(list.category === undefined ? {} : { category: list.category }),
    }),
  )
}

function exported({ json }: MispAnswer): unknown {
  const list = exportedList.safeParse(json).data
  if (list === undefined) throw malformed('MISP answered a question for a warning-list with something else')
  return list
}

/** In the shape of an exported one. */
function viewed({ json }: MispAnswer): unknown {
  const answer = viewedList.safeParse(json).data
  if (answer === undefined) throw malformed('MISP answered a question for a warning-list with something else')
  const { WarninglistEntry: entries, WarninglistType: types, ...rest } = answer.Warninglist
  return {
    ...rest,
    list: entries.map(({ value }) => value),
    matching_attributes: types.map(({ type }) => type),
  }
}
