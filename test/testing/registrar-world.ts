/**
 * A registrar at 192.0.2.10 and a scripted peer that registers with it.
 */
import type { TransportName } from '../../src/engine/ports.ts'
import type { HeaderPair, SipResponse } from '../../src/message/types.ts'
import {
  simulatedNetwork,
  type TestRegistrarOptions,
  testRegistrar,
  virtualClock,
} from '../../src/testing/index.ts'
import { credentialsFor } from '../support/credentials.ts'
import { createPeer } from '../support/peer.ts'

export const to = { host: '192.0.2.10', port: 5060 }
export const uri = 'sip:example.com'
export const alice = 'sip:alice@example.com'

interface RegisterOptions {
  readonly contacts?: readonly string[]
  readonly expires?: number
  readonly user?: string
  readonly username?: string
  readonly password?: string
  readonly headers?: readonly HeaderPair[]
  readonly callId?: string
  readonly nc?: number
  readonly challenged?: SipResponse
  readonly digestUri?: string
}

export const world = async (
  options: Partial<TestRegistrarOptions> = {},
  transport: TransportName = 'UDP',
) => {
  const clock = virtualClock()
  const network = simulatedNetwork({ clock })
  const platform = network.platform({ host: to.host })
  const registrar = testRegistrar({ platform, users: { alice: 'wonderland', bob: 'builder' }, ...options })
  await registrar.listen()
  const peer = createPeer(network, { host: '192.0.2.1', name: 'alice', transport })
  let cseq = 0

  const register = (given: RegisterOptions = {}): SipResponse => {
    const { contacts = [peer.contact], expires, user = 'alice', callId = 'one', headers = [] } = given
    const { username = user, password = 'wonderland', challenged, nc = 1, digestUri = uri } = given
    cseq += 1
    const credentials = challenged
      ? [credentialsFor(challenged, { username, password, uri: digestUri, nc })]
      : []
    peer.request('REGISTER', {
      to,
      uri,
      toUri: `<sip:${user}@example.com>`,
      callId,
      cseq,
      headers: [
        ...contacts.map((contact): HeaderPair => ['Contact', contact]),
        ...(expires === undefined ? [] : [['Expires', String(expires)] as const]),
        ...headers,
        ...credentials,
      ],
    })
    clock.advance(10)
    return peer.next(response => response.kind === 'response') as SipResponse
  }

  /** Registers with the challenge answered. */
  const enter = (given: RegisterOptions = {}): SipResponse =>
    register({ ...given, challenged: register(given) })
  return { clock, network, registrar, peer, register, enter }
}

export const contactsOf = (response: SipResponse): readonly string[] => response.headers('contact')
