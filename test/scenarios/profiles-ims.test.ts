/** H15 of docs/scenarios.md with the peer as registrar: the reg event of an IMS profile, and what the network does by it. */
import { describe, expect, it } from 'vitest'
import type { SipRequest } from '../../src/message/types.ts'
import { formatUri } from '../../src/message/uri.ts'
import { formatReginfo } from '../../src/packages/reginfo.ts'
import { createPeer } from '../support/peer.ts'
import { alice, profileStage } from './profile-support.ts'

const ims = {
  ...alice,
  type: { class: 'ims', name: 'ims' },
  privateIdentity: 'alice@home.example',
  registrar: { uri: 'sip:registrar.example' },
} as const

const stage = async () => {
  const made = await profileStage()
  made.network.names.set('registrar.example', [{ host: '192.0.2.30', port: 5060 }])
  made.network.names.set('example.com', [{ host: '192.0.2.30', port: 5060 }])
  const network = createPeer(made.network, { host: '192.0.2.30', name: 'network' })
  const engine = await made.engineWith()
  const accept = (register: SipRequest): void => {
    network.reply(register, 200, {
      headers: [
        ['Contact', register.header('contact')!],
        ['P-Associated-URI', '<sip:alice.default@example.com>, <tel:+15551234>'],
        ['Service-Route', '<sip:192.0.2.30;lr>'],
      ],
    })
  }
  /** Registered, and the SUBSCRIBE answered. */
  const registered = async () => {
    const id = await engine.save(ims)
    const use = engine.enable(id)
    await made.run(100)
    const register = network.next('REGISTER')
    accept(register)
    await made.run(100)
    const subscribe = network.next('SUBSCRIBE')
    const ok = network.reply(subscribe, 200, { headers: [['Expires', '600000']] })
    const dialog = network.inDialog(subscribe, ok)
    const [contact] = register.parsed('contact') as readonly { readonly uri: unknown }[]
    const uri = formatUri(contact!.uri as never)
    let version = 0
    const notify = async (
      state: 'active' | 'terminated',
      event: string,
      more: { readonly expires?: number; readonly skip?: number; readonly partial?: boolean } = {},
    ) => {
      version += more.skip ?? 0
      dialog.request('NOTIFY', {
        headers: [
          ['Event', 'reg'],
          ['Subscription-State', 'active;expires=600000'],
          ['Content-Type', 'application/reginfo+xml'],
        ],
        body: formatReginfo({
          version,
          state: more.partial ? 'partial' : 'full',
          registrations: [
            {
              id: 'r',
              aor: 'sip:alice@example.com',
              state,
              contacts: [
                { id: 'c', state, event, uri, ...(more.expires !== undefined && { expires: more.expires }) },
              ],
            },
          ],
        }),
      })
      version += 1
      await made.run(100)
    }
    return { id, use, register, subscribe, dialog, notify }
  }
  return { ...made, ...engine, network, accept, registered }
}

describe('H15: the reg event of an IMS profile', () => {
  it('H15: after the 200 a SUBSCRIBE goes to the default identity, from it, by the Service-Route', async () => {
    const { registered } = await stage()
    const { register, subscribe } = await registered()
    expect(register.header('authorization')).toBe(
      'Digest username="alice@home.example", realm="registrar.example", nonce="", uri="sip:registrar.example", response=""',
    )
    expect(register.header('supported')).toContain('path')
    expect(subscribe.uri).toBe('sip:alice.default@example.com')
    expect(subscribe.header('from')).toMatch(/^<sip:alice\.default@example\.com>/)
    expect(subscribe.header('event')).toBe('reg')
    expect(subscribe.header('accept')).toBe('application/reginfo+xml')
    expect(subscribe.header('route')).toBe('<sip:192.0.2.30;lr>')
  })

  it('a Contact that is there changes nothing', async () => {
    const { registered, state, network, run } = await stage()
    const { id, notify } = await registered()
    await notify('active', 'registered')
    expect(network.next(200).cseq.method).toBe('NOTIFY')
    await run(1000)
    expect(state(id).is).toBe('registered')
  })

  it.for(['deactivated', 'expired'])('%s: it registers again, with the same Call-ID', async event => {
    const { registered, state, network, accept, run, told } = await stage()
    const { id, notify, register } = await registered()
    await notify('terminated', event)
    const again = network.next('REGISTER')
    expect(again.callId).toBe(register.callId)
    accept(again)
    await run(100)
    expect(state(id)).toMatchObject({ is: 'registered', users: 1 })
    expect(told(id).map(({ is }) => is)).toEqual(['registered', 'deregistered', 'registered'])
  })

  it('deactivated each time it is registered: it does so again after a pause, and not as fast as it can', async () => {
    const { registered, network, accept, run, state } = await stage()
    const { id, notify } = await registered()
    let count = 0
    network.on('REGISTER', register => {
      count += 1
      accept(register)
      void notify('terminated', 'deactivated')
    })
    await notify('terminated', 'deactivated')
    await run(10_000)
    expect([count, state(id).is]).toEqual([1, 'delayed'])
    await run(60_000)
    expect(count).toBeGreaterThan(1)
    expect(count).toBeLessThan(7)
  })

  it.for(['rejected', 'unregistered', 'probation'])(
    '%s: it is over, told as closed, users are dropped',
    async event => {
      const { registered, state, network, run, told } = await stage()
      const { id, notify, use } = await registered()
      await notify('terminated', event)
      expect(told(id).find(({ is }) => is === 'error')).toMatchObject({
        error: { code: 'closed' },
        uses: [use],
      })
      const bye = network.next('REGISTER')
      expect(bye.header('contact')).toContain('expires=0')
      network.reply(bye, 200)
      await run(100)
      expect(state(id)).toMatchObject({ is: 'unregistered', users: 0 })
    },
  )

  it('shortened: it is renewed within what is left', async () => {
    const { registered, network, run, accept } = await stage()
    const { notify } = await registered()
    await notify('active', 'shortened', { expires: 600 })
    await run(310_000)
    accept(network.next('REGISTER'))
    await run(100)
  })

  it('shortened to nothing: it is renewed soon and once, whatever the registrar says meanwhile', async () => {
    const { registered, network, run, accept } = await stage()
    const { notify } = await registered()
    await notify('active', 'shortened', { expires: 0 })
    await run(4500)
    expect(network.next(200).cseq.method).toBe('NOTIFY')
    expect(network.unread).toEqual([])
    await run(500)
    accept(network.next('REGISTER'))
    await run(10_000)
    expect(network.unread).toEqual([])
  })

  it('a server that never sends the whole state is asked for it twice a minute at most', async () => {
    const { registered, network, run } = await stage()
    const { notify } = await registered()
    let asked = 0
    network.on('SUBSCRIBE', subscribe => {
      asked += 1
      network.reply(subscribe, 200, { headers: [['Expires', '600000']] })
    })
    for (let count = 0; count < 20; count += 1)
      await notify('active', 'registered', { partial: true, skip: 3 })
    expect(asked).toBe(1)
    await run(30_000)
    await notify('active', 'registered', { partial: true, skip: 3 })
    await run(100)
    expect(asked).toBe(2)
  })

  it('a document that is missing: the state is asked for anew', async () => {
    const { registered, network, run, subscribe } = await stage().then(async made => {
      const begun = await made.registered()
      return { ...made, registered: begun, subscribe: begun.subscribe }
    })
    await registered.notify('active', 'registered')
    await registered.notify('active', 'refreshed', { partial: true, skip: 3 })
    const again = network.next('SUBSCRIBE')
    expect([again.callId, again.cseq.seq]).toEqual([subscribe.callId, subscribe.cseq.seq + 1])
    network.reply(again, 200, { headers: [['Expires', '600000']] })
    await run(100)
  })

  it('a subscription that is refused is told, and the registration stays', async () => {
    const { save, enable, run, network, accept, state, told } = await stage()
    const id = await save(ims)
    enable(id)
    await run(100)
    accept(network.next('REGISTER'))
    await run(100)
    network.reply(network.next('SUBSCRIBE'), 489)
    await run(1000)
    expect(state(id)).toMatchObject({ is: 'registered', users: 1 })
    expect(told(id).at(-1)).toMatchObject({ is: 'error', error: { status: 489 } })
    expect(told(id).at(-1)).not.toHaveProperty('fatal')
  })

  it('with the last user the subscription ends, too', async () => {
    const { registered, network, run, disable, state } = await stage()
    const { id, use } = await registered()
    disable(use)
    await run(100)
    const end = network.next('SUBSCRIBE')
    expect(end.header('expires')).toBe('0')
    network.reply(end, 200, { headers: [['Expires', '0']] })
    network.reply(network.next('REGISTER'), 200)
    await run(100)
    expect(state(id).is).toBe('unregistered')
    await run(80_000)
  })
})

describe('an IMS profile that wants an agreement on security', () => {
  const careful = { ...ims, securityNegotiation: true } as const
  const refuse = (network: Awaited<ReturnType<typeof stage>>['network']): SipRequest => {
    const register = network.next('REGISTER')
    network.reply(register, 420, { headers: [['Unsupported', 'sec-agree']] })
    return register
  }

  it('tries once more without when the network knows nothing of that (early IMS)', async () => {
    const { save, enable, run, network, accept, state, told } = await stage()
    const id = await save(careful)
    enable(id)
    await run(100)
    expect(refuse(network).header('require')).toContain('sec-agree')
    await run(100)
    const again = network.next('REGISTER')
    expect(again.header('require')).toBeUndefined()
    expect(again.header('security-client')).toBeUndefined()
    accept(again)
    await run(100)
    expect(state(id).is).toBe('registered')
    expect(told(id).map(({ is }) => is)).toEqual(['registered'])
    network.reply(network.next('SUBSCRIBE'), 489)
    await run(100)
  })

  it('does not when it has a policy for its smart card', async () => {
    const { save, enable, run, network, state, told } = await stage()
    const id = await save({ ...careful, imsPolicy: 'isim' })
    enable(id)
    await run(100)
    refuse(network)
    await run(100)
    expect(state(id)).toMatchObject({ is: 'unregistered', users: 0 })
    expect(told(id)).toMatchObject([{ is: 'error', error: { status: 420 } }])
  })
})
