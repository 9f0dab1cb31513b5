/** Profiles and bindings for the tests of stores. */

import { checkProfileFields } from '../../src/profiles/check.ts'
import type { ProfileFields, StoredBinding, StoredProfile } from '../../src/profiles/data.ts'

/** Every field of a profile, none of them as by default. */
export const everyField: ProfileFields = checkProfileFields({
  name: 'Example Telecom – münchen',
  type: { class: 'ims', name: 'ims' },
  aors: ['sip:alice@example.com', 'sip:alice@example.net', 'sip:+4989123@example.com;user=phone'],
  networks: ['eth0', '192.0.2.1'],
  apns: ['ims.example', 'internet.example'],
  bearer: 'cellular',
  registrar: {
    uri: 'sip:registrar.example.com:5062',
    username: 'alice1',
    realm: 'example.com',
    params: { a: 'b' },
  },
  outboundProxy: {
    uri: 'sip:edge.example.com;lr',
    username: 'alice2',
    realm: 'edge.example.com',
    params: { c: '' },
  },
  privateIdentity: 'alice@private.example.com',
  autoRegister: true,
  securityNegotiation: true,
  sigcomp: true,
  contactParams: ['q=0.5', '+sip.ice', '+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.mmtel"'],
  contactUser: 'aB3dE6gH9jK2mN5pQ8sT',
  headers: [
    ['X-One', '1'],
    ['P-Access-Network-Info', 'IEEE-802.11'],
  ],
  dscp: 46,
  resolveProxy: true,
  imsPolicy: 'isim',
  locked: true,
  homeNetworkOnly: true,
  expires: 1800,
  extensions: { text: 'ü', number: -1.5, zero: 0, yes: true, no: false, list: ['a', '', 'c'], none: [] },
})

/** A profile with every field. */
export const fullProfile: StoredProfile = {
  id: '3735928559',
  fields: everyField,
  secrets: { registrarPassword: 'correct horse', proxyPassword: 'battery "staple"' },
}

/** A profile with next to nothing. */
export const smallProfile = (id: string, name = id): StoredProfile => ({
  id,
  fields: checkProfileFields({ aors: [`sip:${id}@example.com`], name }),
  secrets: {},
})

/** The binding of a profile. */
export const bindingOf = (profile: string, nextCSeq = 17): StoredBinding => ({
  profile,
  callId: `call-${profile}@192.0.2.1`,
  nextCSeq,
  instanceId: 'urn:uuid:00000000-0000-4000-8000-00ad1e2f3a4b',
  regId: 2,
  contact: '<sip:aB3dE6gH9jK2mN5pQ8sT@192.0.2.1:5060>',
  registrar: 'sip:registrar.example.com:5062',
  grantedSeconds: 3600,
  expiresAt: 1_900_000_000_123,
  serviceRoute: ['<sip:orig@scscf.example.com;lr>'],
  associated: ['<sip:alice@example.com>', '<tel:+4989123>'],
})
