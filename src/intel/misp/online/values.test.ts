import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { indicatorValues } from '../../../canonical/indicator-value.ts'
import { refang } from '../../../canonical/refang.ts'
import { canonicalUrl } from '../../../canonical/url.ts'
import type { ObservableType } from '../../../core/observable.ts'
import { isPattern, mispForms, weigh } from './values.ts'

const MD5 = 'd41d8cd98f00b204e9800998ecf84270'

it.each<[ObservableType, string, readonly string[]]>([
  ['ipv4', '198.51.100.7', ['198.51.100.7']],
  ['ipv6', '2001:db8::1', ['2001:db8::1']],
  ['domain', 'xn--mnchen-3ya.example.com', ['xn--mnchen-3ya.example.com']],
  ['email', 'bob@evil.example.com', ['bob@evil.example.com']],
  ['md5', MD5, [MD5]],
])('asks for a %s by its canonical value: %s', (type, value, forms) => {
  expect(mispForms({ type, value })).toEqual(forms)
})

it.each([
  [
    'http://evil.example.com/a?b=1',
    ['http://evil.example.com/a?b=1', 'http://evil.example.com:80/a?b=1', 'evil.example.com/a?b=1'],
  ],
  ['https://evil.example.com:8443/a', ['https://evil.example.com:8443/a', 'evil.example.com:8443/a']],
  ['ftp://evil.example.com/a', ['ftp://evil.example.com/a']],
  [
    'https://evil.example.com/',
    [
      'https://evil.example.com/',
      'https://evil.example.com:443/',
      'evil.example.com/',
      'https://evil.example.com',
      'https://evil.example.com:443',
      'evil.example.com',
    ],
  ],
  ['http://[2001:db8::1]:8080/a', ['http://[2001:db8::1]:8080/a', '[2001:db8::1]:8080/a']],
  [
    'ftp://xn--mnchen-3ya.de/',
    ['ftp://xn--mnchen-3ya.de/', 'ftp://xn--mnchen-3ya.de', 'ftp://münchen.de/', 'ftp://münchen.de'],
  ],
  ['ftp://xn--mnchen-3ya.de:2121/a', ['ftp://xn--mnchen-3ya.de:2121/a', 'ftp://münchen.de:2121/a']],
  [
    'ftp://h.example.com/caf%C3%A9%20x',
    ['ftp://h.example.com/caf%C3%A9%20x', 'ftp://h.example.com/café%20x'],
  ],
  ['ftp://h.example.com/%E9', ['ftp://h.example.com/%E9']],
  ['ftp://h.example.com/%F0%9F%98%80', ['ftp://h.example.com/%F0%9F%98%80']],
])('asks for the spellings of a URL: %s', (value, forms) => {
  expect(mispForms({ type: 'url', value })).toEqual(forms)
  expect(weigh({ type: 'url', value })).toBe(forms.length)
})

it.each<[ObservableType, string, string]>([
  ['url', 'ftp://h.example.com/?q=50%', String.raw`ftp://h.example.com/?q=50\%`],
  ['url', String.raw`ftp://h.example.com/?a_b\c%`, String.raw`ftp://h.example.com/?a\_b\\c\%`],
  ['url', 'ftp://h.example.com/50%/a_b', 'ftp://h.example.com/50%/a_b'],
  ['email', '%a_b%c@evil.example.com', String.raw`%a\_b\%c@evil.example.com`],
])('makes a percent sign at an end of a %s literal as far as MISP can: %s', (type, value, form) => {
  expect(mispForms({ type, value })[0]).toBe(form)
})

it('gives only spellings that mean the value asked for, none empty, none twice', () => {
  fc.assert(
    fc.property(fc.webUrl({ withQueryParameters: true, validSchemes: ['http', 'https', 'ftp'] }), (text) => {
      const url = canonicalUrl(text)
      // What looks defanged (`?(@)`) is read as such by whoever reads a provider's text.
      if (url === undefined || refang(url.value) !== url.value) return
      const forms = mispForms({ type: 'url', value: url.value })
      expect(forms[0]).toBe(url.value)
      expect(new Set(forms).size).toBe(forms.length)
      for (const form of forms.filter((one) => !isPattern(one))) {
        expect(form).not.toBe('')
        expect(indicatorValues(form, 'url')).toContainEqual({ type: 'url', value: url.value })
      }
    }),
  )
})
