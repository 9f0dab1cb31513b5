/** What a profile may say, and what is refused of it. */
import { describe, expect, it } from 'vitest'
import {
  checkProfileFields,
  checkProfileSecrets,
  checkProfileType,
  checkReadOnly,
  defaultProfileFields,
  keptSecrets,
} from '../../src/profiles/check.ts'
import type { ProfileInput, ProfileSecrets, ProfileType } from '../../src/profiles/data.ts'
import { everyField } from '../support/profile-data.ts'

const alice: ProfileInput = { aors: ['sip:alice@example.com'] }

describe('the fields of a profile', () => {
  it('are by default those of the plain one', () => {
    expect(checkProfileFields(alice)).toEqual({ ...defaultProfileFields(), ...alice })
    expect(checkProfileFields(alice).type).toEqual({ class: 'internet', name: 'ietf' })
    expect(
      checkProfileFields({ ...alice, expires: undefined } as unknown as ProfileInput),
    ).not.toHaveProperty('expires')
  })

  it('may all be there, and may be checked again', () => {
    expect(checkProfileFields(everyField)).toEqual(everyField)
  })

  it('are a copy that nobody can change', () => {
    const aors = ['sip:alice@example.com']
    const extensions = { list: ['a'] }
    const fields = checkProfileFields({ aors, extensions })
    aors[0] = 'sip:mallory@example.com'
    extensions.list.push('b')
    expect(fields.aors).toEqual(['sip:alice@example.com'])
    expect(fields.extensions).toEqual({ list: ['a'] })
    expect(() => (fields.aors as string[]).push('x')).toThrow(TypeError)
    expect(() => Object.assign(fields, { name: 'x' })).toThrow(TypeError)
  })

  const many = <Member>(count: number, member: (at: number) => Member): Member[] =>
    Array.from({ length: count }, (_, at) => member(at))
  const refusals: readonly (readonly [string, object | null | undefined, RegExp])[] = [
    ['nothing', undefined, /the fields of a profile .* are missing/],
    ['no object', null, /must be an object/],
    ['no AOR', { aors: [] }, /needs an AOR/],
    ['AORs that are none', { aors: undefined }, /the AORs/],
    ['an AOR that is no SIP URI', { aors: ['tel:+4989'] }, /not a sip: or sips: URI/],
    ['a second AOR that is none', { aors: ['sip:a@b.example', 'b'] }, /an AOR/],
    ['an AOR with a line break', { aors: ['sip:a@b.example\r\nX: y'] }, /line break/],
    ['an AOR twice', { aors: ['sip:a@b.example', 'sip:a@b.example'] }, /twice/],
    ['33 AORs', { aors: many(33, at => `sip:a${at}@b.example`) }, /more than 32/],
    ['an unknown field', { ...alice, passwort: 'x' }, /no field passwort/],
    ['a name of 256 characters', { ...alice, name: 'x'.repeat(256) }, /0 to 255/],
    ['a type without a class', { ...alice, type: { name: 'ietf' } }, /class of the type is missing/],
    ['another class', { ...alice, type: { class: 'gsm', name: 'x' } }, /internet or ims or other/],
    [
      'a type with a name of 26 characters',
      { ...alice, type: { class: 'other', name: 'x'.repeat(26) } },
      /1 to 25/,
    ],
    ['both network and networks', { ...alice, network: 'eth0', networks: ['eth1'] }, /both/],
    ['an empty network', { ...alice, network: '' }, /network/],
    ['a network twice', { ...alice, networks: ['a', 'a'] }, /twice/],
    ['three APNs', { ...alice, apns: ['a', 'b', 'c'] }, /more than 2/],
    ['another bearer', { ...alice, bearer: 'pigeon' }, /bearer/],
    ['a registrar without a URI', { ...alice, registrar: {} }, /URI of the registrar is missing/],
    ['a registrar that is no SIP URI', { ...alice, registrar: { uri: 'http://x' } }, /registrar/],
    [
      'a sip: registrar for a sips: AOR',
      { aors: ['sips:a@b.example'], registrar: { uri: 'sip:b.example' } },
      /sips:/,
    ],
    [
      'a sip: proxy for a sips: AOR',
      { aors: ['sips:a@b.example'], outboundProxy: { uri: 'sip:b.example' } },
      /sips:/,
    ],
    ['a realm with a line break', { ...alice, registrar: { uri: 'sip:b.example', realm: 'a\nb' } }, /realm/],
    [
      'a param that is no text',
      { ...alice, registrar: { uri: 'sip:b.example', params: { a: 1 } } },
      /param a/,
    ],
    ['a Contact parameter that is two', { ...alice, contactParams: ['a;b'] }, /not one Contact parameter/],
    [
      'a Contact parameter that is another Contact',
      { ...alice, contactParams: ['a,<sip:b@c.example>'] },
      /./,
    ],
    ['a Contact parameter of the stack', { ...alice, contactParams: ['expires=5'] }, /set by the stack/],
    ['another one', { ...alice, contactParams: ['+SIP.instance="<urn:x>"'] }, /set by the stack/],
    ['a contactUser that is too short', { ...alice, contactUser: 'abc' }, /20 letters/],
    ['a header of the stack', { ...alice, headers: [['Call-ID', 'x']] }, /set by the stack/],
    ['a header with a line break', { ...alice, headers: [['X-A', 'x\r\nY: z']] }, /X-A|line break/],
    ['a dscp of 64', { ...alice, dscp: 64 }, /0 to 63/],
    ['another imsPolicy', { ...alice, imsPolicy: 'sim' }, /imsPolicy/],
    ['an expires of 0', { ...alice, expires: 0 }, /expires/],
    ['a flag that is a word', { ...alice, autoRegister: 'yes' }, /true or false/],
    ['an extension that is a function', { ...alice, extensions: { a: () => 1 } }, /the extension a/],
    ['an extension that is null', { ...alice, extensions: { a: null } }, /the extension a/],
    ['an extension that is no number', { ...alice, extensions: { a: Number.NaN } }, /finite/],
    [
      'an extension with a number in its list',
      { ...alice, extensions: { a: [1] } },
      /member of the extension a/,
    ],
    [
      '257 extensions',
      { ...alice, extensions: Object.fromEntries(many(257, at => [`k${at}`, at])) },
      /more than 256/,
    ],
    ['an extension named __proto__', { ...alice, extensions: JSON.parse('{"__proto__":"x"}') }, /__proto__/],
    ['an extension with a NUL', { ...alice, extensions: { a: 'x\0' } }, /NUL/],
  ]
  it.each(refusals)('refuse %s', (_, given, message) => {
    const check = () => checkProfileFields(given as ProfileInput)
    expect(check).toThrow(message)
    expect(check).toThrow(
      expect.objectContaining({
        name: 'SipError',
        code: expect.stringMatching(/^(argument|header-not-allowed)$/),
      }),
    )
  })

  it('take a type of its own', () => {
    const type: ProfileType = { class: 'other', name: 'laboratory' }
    expect(checkProfileType(type)).toBe(type)
    expect(checkProfileFields({ ...alice, type }).type).toEqual(type)
  })
})

describe('the secrets of a profile', () => {
  it('are text', () => {
    expect(checkProfileSecrets({ registrarPassword: 'a', proxyPassword: '' })).toEqual({
      registrarPassword: 'a',
      proxyPassword: '',
    })
    expect(() => checkProfileSecrets({ pin: '1' } as ProfileSecrets)).toThrow(/no secret pin/)
    expect(() => checkProfileSecrets({ registrarPassword: 7 } as unknown as ProfileSecrets)).toThrow(
      /must be a string/,
    )
    expect(() => checkProfileSecrets({ registrarPassword: 'a\r\nb' })).toThrow(/line break/)
  })

  it('stay as they were where none or an empty one is given', () => {
    const before = { registrarPassword: 'a', proxyPassword: 'b' }
    expect(keptSecrets(before, {})).toEqual(before)
    expect(keptSecrets(before, { registrarPassword: '', proxyPassword: 'c' })).toEqual({
      registrarPassword: 'a',
      proxyPassword: 'c',
    })
  })
})

describe('what the stack gives a profile', () => {
  it('is refused with `permission` when it is another one', () => {
    expect(() => checkReadOnly(everyField, everyField)).not.toThrow()
    expect(() => checkReadOnly(everyField, alice)).not.toThrow()
    const other = { ...alice, contactUser: 'x'.repeat(20) }
    for (const before of [everyField, undefined])
      expect(() => checkReadOnly(before, other)).toThrow(expect.objectContaining({ code: 'permission' }))
  })
})
