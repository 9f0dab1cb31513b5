/** Challenges and credentials. RFC 3261 §20.7, §20.27, §20.28, §20.44; RFC 7616 §3; RFC 8898 for a bare token. */
import { HOST, is, isToken, quote, skip, skipLws, skipQuoted, TOKEN, trim, unquote, VALUE } from './chars.ts'
import { malformed } from './malformed.ts'
import type { AuthValue, Malformed, Params } from './types.ts'

/** The name under which a bare token (`Bearer eyJ…`) stands in `params`. */
const BARE = 'token68'

/** Letters, digits and a few signs, `=` at the end only. RFC 7235 §2.1 (token68). */
const isBare = (text: string): boolean => {
  let end = text.length
  while (end > 0 && text.charCodeAt(end - 1) === 61) end--
  for (let i = 0; i < end; i++) {
    const c = text.charCodeAt(i)
    if (!is(c, HOST) && c !== 126 && c !== 43 && c !== 47) return false
  }
  return end > 0
}

/** Reads `name=value, name="value"`. Twice the same name is refused: two readers could choose differently. */
export const readAuthParams = (text: string, i: number): Params | string => {
  const params = new Map<string, string | undefined>()
  const end = text.length
  for (;;) {
    i = skipLws(text, i, end)
    const nameEnd = skip(text, i, end, TOKEN)
    if (nameEnd === i) return 'a parameter name is missing'
    const name = text.slice(i, nameEnd).toLowerCase()
    i = skipLws(text, nameEnd, end)
    if (i >= end || text.charCodeAt(i) !== 61) return `the parameter ${name} has no value`
    const start = skipLws(text, i + 1, end)
    if (start < end && text.charCodeAt(start) === 34) {
      i = skipQuoted(text, start, end)
      if (i < 0) return 'a quoted string has no end'
    } else i = skip(text, start, end, VALUE)
    if (params.has(name)) return `the parameter ${name} is there twice`
    params.set(name, text.charCodeAt(start) === 34 ? unquote(text, start, i) : text.slice(start, i))
    i = skipLws(text, i, end)
    if (i >= end) return params
    if (text.charCodeAt(i) !== 44) return `unexpected text behind the parameter ${name}`
    i++
  }
}

/** Reads one challenge or one set of credentials: a scheme and its parameters, quotes removed. */
export const parseAuth = (text: string): AuthValue | Malformed => {
  const start = skipLws(text, 0, text.length)
  const schemeEnd = skip(text, start, text.length, TOKEN)
  if (schemeEnd === start) return malformed('the authentication scheme is missing')
  const scheme = text.slice(start, schemeEnd)
  const from = skipLws(text, schemeEnd, text.length)
  if (from === schemeEnd && from < text.length)
    return malformed('no white space behind the scheme', undefined, from)
  if (from === text.length) return { scheme, params: new Map() }
  const rest = trim(text.slice(from))
  if (scheme.toLowerCase() !== 'digest' && isBare(rest)) return { scheme, params: new Map([[BARE, rest]]) }
  const params = readAuthParams(text, from)
  return typeof params === 'string' ? malformed(params, undefined, from) : { scheme, params }
}

/** Never in quotes, by RFC 7616 §3.3 to §3.5. */
const unquoted = new Set(['algorithm', 'nc', 'stale', 'userhash', 'charset', 'username*'])

/** `name=value, …` in the quoting of RFC 7616. A `qop` is quoted in a challenge only: a response has `nc` or more. */
export const formatAuthParams = (params: Params): string => {
  const answered = params.has('response') || params.has('nc') || params.has('rspauth')
  let out = ''
  for (const [name, value] of params) {
    const bare = unquoted.has(name) || (name === 'qop' && answered)
    const text = value ?? ''
    out += `${out === '' ? '' : ', '}${name}=${bare && (isToken(text) || name === 'username*') ? text : quote(text)}`
  }
  return out
}

/** A challenge or credentials as text, each parameter quoted or not as RFC 7616 has it. */
export const formatAuth = (value: AuthValue): string => {
  const bare = value.params.size === 1 ? value.params.get(BARE) : undefined
  const rest = bare ?? formatAuthParams(value.params)
  return rest === '' ? value.scheme : `${value.scheme} ${rest}`
}
