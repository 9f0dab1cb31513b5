import { expect, it } from 'vitest'
import { isSipError } from '../../src/errors.ts'
import { checkUserHeaders } from '../../src/rules/headers.ts'
import { checkText, checkToken, splitList, withoutParams } from '../../src/rules/text.ts'

const codeOf = (act: () => unknown) => {
  try {
    act()
  } catch (error) {
    if (isSipError(error)) return [error.code, error.header]
    throw error
  }
  return 'nothing'
}

it.each([
  'Via',
  'v',
  'VIA',
  'From',
  'f',
  'To',
  't',
  'Call-ID',
  'i',
  'CSeq',
  'cseq',
  'Max-Forwards',
  'Record-Route',
  'Content-Length',
  'l',
  'Content-Type',
  'c',
  'Min-Expires',
  'Authentication-Info',
  'Proxy-Authorization',
  'Security-Server',
  'Security-Verify',
  'Service-Route',
])('an application may not set %s', name => {
  expect(codeOf(() => checkUserHeaders([[name, 'x']]))).toEqual(['header-not-allowed', name])
})

it('an application may set everything else, known or not', () => {
  const pairs = [
    ['Subject', 'x'],
    ['X-Anything', 'y'],
    ['Accept', 'text/plain'],
    ['Require', '100rel'],
  ] as const
  expect(checkUserHeaders(pairs)).toBe(pairs)
})

it.each(['a\rb', 'a\nb', 'a\0b', 'a\r\nVia: x', '\n'])(
  'no header value may hold a line break or NUL: %j',
  value => {
    expect(codeOf(() => checkUserHeaders([['Subject', value]]))).toEqual(['argument', undefined])
  },
)

it.each(['', 'a b', 'a:b', 'a\r\n', 'ü', '[x]'])('no header name may be other than a token: %j', name => {
  expect(codeOf(() => checkUserHeaders([[name, 'x']]))).toEqual(['argument', undefined])
})

it('checks texts and tokens, and returns them', () => {
  expect(checkText('tab\tand ü', 'it')).toBe('tab\tand ü')
  expect(checkToken("-.!%*_+`'~aZ9", 'it')).toBe("-.!%*_+`'~aZ9")
  expect(codeOf(() => checkToken('a/b', 'it'))).toEqual(['argument', undefined])
})

it.each([
  ['a, b ,c', ['a', 'b', 'c']],
  ['"x, y" <sip:a,b@c>;p="1,2", z', ['"x, y" <sip:a,b@c>;p="1,2"', 'z']],
  ['"a\\", b", c', ['"a\\", b"', 'c']],
  [', ,', []],
  ['"open, never closed', ['"open, never closed']],
])('splits %j at its commas (§7.3.1)', (text, expected) => {
  expect(splitList(text)).toEqual(expected)
})

it.each([
  ['<sip:a@b>;tag=1', '<sip:a@b>'],
  ['<sip:a@b> ; TAG = 1 ; x=2', '<sip:a@b> ; x=2'],
  ['sip:a@b;tag', 'sip:a@b'],
  ['"n;tag=1" <sip:a@b;tag=2>', '"n;tag=1" <sip:a@b;tag=2>'],
])('takes the tag out of %j', (text, expected) => {
  expect(withoutParams(text, ['tag'])).toBe(expected)
})
