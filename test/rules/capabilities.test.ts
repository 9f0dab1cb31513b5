/** Capability documents and feature sets. RFC 3840 §9, RFC 3841 §7.2 */
import { describe, expect, it } from 'vitest'
import { preferenceScore, readFeatures } from '../../src/rules/caller-preferences.ts'
import { checkCapabilities, mergeCapabilities } from '../../src/rules/capabilities.ts'
import { refused } from '../api/support.ts'
import { make } from './support.ts'

const score = (features: string, accept: string | readonly string[], reject?: string): number | undefined => {
  const read = readFeatures(features)
  if (typeof read === 'string') throw new Error(read)
  const request = make('MESSAGE', {
    'Accept-Contact': accept,
    ...(reject !== undefined && { 'Reject-Contact': reject }),
  })
  return preferenceScore(read, request)
}

describe('a score', () => {
  const rows: readonly (readonly [string, string | readonly string[], number | undefined])[] = [
    ['audio', '*', 1],
    ['audio', '*;audio', 1],
    ['audio', '*;audio="FALSE"', 0],
    ['audio', '*;audio;video', 0.5],
    ['audio', '*;audio;video;explicit', 0],
    ['audio', '*;audio;video;explicit;require', undefined],
    ['audio="FALSE"', '*;audio;require', undefined],
    ['audio', ['*;audio', '*;video'], 0.5],
    ['audio', '*;audio, *;audio="FALSE"', 0.5],
    ['methods="INVITE,BYE"', '*;methods="bye"', 1],
    ['methods="INVITE,BYE"', '*;methods="MESSAGE"', 0],
    ['mobility="!fixed"', '*;mobility="mobile"', 1],
    ['mobility="!fixed"', '*;mobility="fixed"', 0],
    ['mobility="!fixed"', '*;mobility="!mobile"', 1],
    ['+x="<One>"', '*;+x="<One>"', 1],
    ['+x="<One>"', '*;+x="<one>"', 0],
    ['priority="#>=20"', '*;priority="#30"', 1],
    ['priority="#>=20"', '*;priority="#1:10"', 0],
    ['priority="#<=20"', '*;priority="#=20"', 1],
  ]
  for (const [features, accept, gives] of rows)
    it(`of ${features} by ${String(accept)} is ${gives}`, () => expect(score(features, accept)).toBe(gives))

  it('is none for who is rejected by all that is said (§7.2.3)', () => {
    expect(score('audio;video', '*', '*;audio')).toBeUndefined()
    expect(score('audio', '*', '*;audio;video')).toBe(1)
    expect(score('audio', '*', '*;audio="FALSE"')).toBe(1)
    expect(score('audio', '*', '*')).toBe(1)
  })
})

describe('a capability document', () => {
  it('may say nothing, and all there is to say', () => {
    expect(checkCapabilities({})).toEqual({})
    const full = {
      features: ['audio;video;+g.oma.sip-im'],
      methods: ['INVITE'],
      events: ['presence'],
      contentTypes: ['text/*', 'application/pidf+xml'],
      media: [
        {
          media: 'audio',
          transports: ['RTP/AVP', 'UDP/TLS/RTP/SAVPF'],
          codecs: ['opus/48000/2'],
          attributes: ['ptt', 'content:slides'],
        },
      ],
      users: ['alice'],
      priority: -3,
      headers: [['X-Me', 'yes']],
    }
    expect(checkCapabilities(full)).toBe(full)
  })

  const wrong: readonly (readonly [unknown, string])[] = [
    [undefined, 'capabilities are missing'],
    ['audio', 'capabilities must be an object'],
    [{ feature: ['audio'] }, 'capabilities has no "feature"'],
    [{ features: 'audio' }, 'capabilities.features must be a list'],
    [{ features: [''] }, 'capabilities.features[0]'],
    [{ features: ['audio', 'a b'] }, 'capabilities.features[1] is no feature set'],
    [{ methods: ['IN VITE'] }, 'capabilities.methods[0] is not a token'],
    [{ methods: [7] }, 'capabilities.methods[0] must be a string'],
    [{ events: ['a\r\nb'] }, 'capabilities.events[0] holds a line break'],
    [{ events: Array(65).fill('a') }, 'capabilities.events must be a list of at most 64'],
    [{ contentTypes: ['text'] }, 'capabilities.contentTypes[0] must be like text/plain'],
    [{ media: ['audio'] }, 'capabilities.media[0] must be an object'],
    [{ media: [{}] }, 'capabilities.media[0].media is missing'],
    [{ media: [{ media: 'audio', codec: 'x' }] }, 'capabilities.media[0] has no "codec"'],
    [
      { media: [{ media: 'audio', codecs: ['PCMU'] }] },
      'capabilities.media[0].codecs[0] must be like PCMU/8000',
    ],
    [{ media: [{ media: 'audio', transports: ['RTP AVP'] }] }, 'capabilities.media[0].transports[0]'],
    [{ media: [{ media: 'audio', attributes: ['a b'] }] }, 'capabilities.media[0].attributes[0]'],
    [{ users: ['x'.repeat(1025)] }, 'capabilities.users[0] must have 1 to 1024 characters'],
    [{ priority: 0.5 }, 'capabilities.priority must be a whole number'],
    [{ priority: 1001 }, 'capabilities.priority must be a whole number'],
    [{ headers: [['a']] }, 'pairs'],
  ]
  for (const [document, says] of wrong)
    it(`is refused: ${says}`, () =>
      expect(refused('argument', () => checkCapabilities(document)).message).toContain(says))

  it('may not name a header of the stack', () =>
    expect(refused('header-not-allowed', () => checkCapabilities({ headers: [['Via', 'x']] })).header).toBe(
      'Via',
    ))
})

describe('several documents together', () => {
  it('say nothing when there is none', () => expect(mergeCapabilities([undefined])).toBeUndefined())

  it('are joined, each thing once; who says nothing of a thing limits nothing', () => {
    const one = {
      methods: ['MESSAGE'],
      events: ['presence'],
      contentTypes: ['text/plain'],
      headers: [['X', 'a']] as const,
    }
    const two = {
      methods: ['PUBLISH', 'MESSAGE'],
      events: ['Presence', 'dialog'],
      contentTypes: ['text/*'],
      headers: [['X', 'a']] as const,
    }
    expect(mergeCapabilities([one, two])).toEqual({
      methods: ['MESSAGE', 'PUBLISH'],
      events: ['presence', 'dialog'],
      contentTypes: ['text/plain', 'text/*'],
      headers: [['X', 'a']],
      optionsFor: [],
    })
    const three = mergeCapabilities([one, undefined])
    expect(three?.contentTypes).toBeUndefined()
    expect(three?.methods).toEqual(['MESSAGE', 'INFO'])
  })
})
