/** The steps of the demo. Each resolves with what was seen, or rejects with what was not. */
import { filter, firstValueFrom, take, toArray } from 'rxjs'
import type { Call, Clock, Connection, EnabledProfile, Registration, ServerTransaction } from '../index.ts'
import type { ListenAddress, TestRegistrar } from '../testing/index.ts'
import { audio } from './sdp.ts'

/** An engine with a stored profile. */
export interface Account {
  /** Stores the profile, and uses it. */
  enable(registrar: string): Promise<EnabledProfile>
  /** Ends the engine without a word to the registrar, and starts another one over the same store. */
  restart(): Promise<EnabledProfile>
}

export interface Stage {
  readonly alice: Account
  readonly bob: Connection
  readonly registrar: TestRegistrar
  readonly registrarAt: readonly ListenAddress[]
  readonly clock: Clock
  /** Of bob; alice's is in her profile. */
  readonly password: string
  /** What each end saw on the wire, such as `in 487 INVITE`. */
  readonly wire: Readonly<Record<'alice' | 'bob', readonly string[]>>
}

export interface Step {
  readonly name: string
  readonly title: string
  readonly run: () => Promise<string>
}

const aor = 'sip:alice@sipactor.test'
const bobsAor = 'sip:bob@sipactor.test'
/** Short, so that the refresh is seen within seconds. */
const lifetime = 4

const must = (seen: boolean, what: string): void => {
  if (!seen) throw new Error(`not seen: ${what}`)
}

export const demoSteps = ({
  alice,
  bob,
  registrar,
  registrarAt,
  clock,
  password,
  wire,
}: Stage): readonly Step[] => {
  const pause = (milliseconds: number): Promise<void> =>
    new Promise(resolve => void clock.setTimeout(resolve, milliseconds))
  /** Looks again every 10 ms, for a second. */
  const until = async (holds: () => boolean): Promise<void> => {
    for (let tries = 0; tries < 100 && !holds(); tries += 1) await pause(10)
  }
  const placeOf = (addresses: readonly ListenAddress[], transport: string): string => {
    const { host, port } = addresses.find(address => address.transport === transport) ?? addresses[0]!
    return `${host}:${port}`
  }
  const bobAt = (transport: string): string =>
    `sip:bob@${placeOf(bob.addresses, transport)}${transport === 'UDP' ? '' : `;transport=${transport.toLowerCase()}`}`

  let account: EnabledProfile | undefined
  const registered = (): EnabledProfile & { readonly connection: Connection } => {
    if (!account?.registration?.isActive) throw new Error('alice is not registered')
    return account as EnabledProfile & { readonly connection: Connection }
  }
  /** The REGISTERs of one address that had a 200. */
  const bound = (of: string) =>
    registrar.log.filter(
      ({ request, response }) => request.header('to')?.includes(of) === true && response?.status === 200,
    )
  let registration: Registration | undefined
  const bobRegistered = (): Registration => {
    if (!registration?.isActive) throw new Error('bob is not registered')
    return registration
  }
  const from = 'Alice <sip:alice@sipactor.test>'

  let answering = true
  bob.calls$.subscribe(async call => {
    call.ring()
    await pause(400)
    if (!answering || !call.can('accept')) return
    // The call may end before its ACK: then its state says so, and nothing is left to do here.
    await call.accept(audio('127.0.0.1', 40_002, 'bob')).catch(() => undefined)
  })
  const inbox: ServerTransaction[] = []
  bob.requests$.subscribe(transaction => {
    inbox.push(transaction)
    transaction.respond(200)
  })
  /** The next call that reaches bob. */
  const reaches = (): Promise<Call> => firstValueFrom(bob.calls$)

  return [
    {
      name: 'register',
      title: '1  alice enables a stored profile: REGISTER, challenged with digest',
      run: async () => {
        account = await alice.enable(`sip:${placeOf(registrarAt, 'UDP')}`)
        await account.registered()
        const statuses = registrar.log.map(({ response }) => response?.status)
        must(statuses[0] === 401 && statuses[1] === 200, 'a 401, then a 200')
        must(
          registrar.log[1]?.request.header('authorization') !== undefined,
          'credentials in the second REGISTER',
        )
        must(registrar.bindings(aor).length === 1, 'the binding at the registrar')
        return `401 answered with digest, bound for ${account.registration?.granted} s`
      },
    },
    {
      name: 'call',
      title: '2  a call, answered, with SDP both ways, and hung up',
      run: async () => {
        const incoming = reaches()
        const offer = audio('127.0.0.1', 40_000, 'alice')
        const from = registered()
        const call = from.connection.invite(bobAt('UDP'), { from, offer })
        await call.established()
        const other = await incoming
        must(other.offer === offer, 'the offer at bob')
        must(call.answer?.includes('m=audio 40002') === true, 'the answer at alice')
        await pause(500)
        must(call.state.is === 'confirmed' && other.state.is === 'confirmed', 'the call up at both ends')
        await call.hangUp()
        const [end, otherEnd] = await Promise.all([call.ended(), other.ended()])
        must(end.reason === 'bye' && end.by === 'local', 'the BYE of alice')
        must(otherEnd.reason === 'bye' && otherEnd.by === 'remote', 'the BYE at bob')
        return 'offer and answer exchanged, up at both ends, BYE answered'
      },
    },
    {
      name: 'cancel',
      title: '3  a call over TCP, cancelled while it rings',
      run: async () => {
        answering = false
        const incoming = reaches()
        const me = registered()
        const call = me.connection.invite(bobAt('TCP'), {
          from: me,
          offer: audio('127.0.0.1', 40_000, 'alice'),
        })
        await firstValueFrom(call.state$.pipe(filter(({ is }) => is === 'early')))
        await pause(200)
        call.cancel()
        const other = await incoming
        const [end, otherEnd] = await Promise.all([call.ended(), other.ended()])
        await until(() => wire.bob.at(-1) === 'in ACK')
        answering = true
        must(
          end.reason === 'cancelled' && end.by === 'local' && end.status === 487,
          'the end of the call at alice',
        )
        must(wire.alice.includes('in 487 INVITE'), '487 at alice')
        must(wire.bob.at(-1) === 'in ACK', 'its ACK at bob')
        must(otherEnd.reason === 'cancelled' && otherEnd.by === 'remote', 'the CANCEL at bob')
        return 'CANCEL answered, INVITE ended with 487, ACK sent'
      },
    },
    {
      name: 'message',
      title: '4  a MESSAGE',
      run: async () => {
        const text = 'Hello Bob, see you on the wire.'
        const transaction = registered().connection.request({
          method: 'MESSAGE',
          uri: bobAt('TCP'),
          from,
          contentType: 'text/plain',
          body: text,
        })
        const { status } = await transaction.response()
        must(
          inbox.some(({ request }) => request.method === 'MESSAGE' && request.text === text),
          'the text at bob',
        )
        return `${text.length} characters arrived, answered ${status}`
      },
    },
    {
      name: 'refresh',
      title: '5  bob registers without a profile, and is refreshed by itself',
      run: async () => {
        registration = bob.register({
          aor: bobsAor,
          registrar: `sip:${placeOf(registrarAt, 'UDP')}`,
          expires: lifetime,
          minRequestedExpires: 1,
          minGrantedExpires: 1,
          credentials: { username: 'bob', password },
        })
        await registration.registered()
        const mine = bobRegistered()
        const before = registrar.bindings(bobsAor)[0]?.expiresAt ?? 0
        const states = firstValueFrom(
          mine.state$.pipe(
            filter(({ is }) => is === 'registered'),
            take(2),
            toArray(),
          ),
        )
        const seen = await states
        const [binding] = registrar.bindings(bobsAor)
        must(seen.length === 2, 'a second grant')
        must(binding !== undefined && binding.expiresAt > before, 'a later expiry at the registrar')
        return `bound for ${lifetime} s, renewed by itself before it expired`
      },
    },
    {
      name: 'unregister',
      title: '6  and takes its binding back',
      run: async () => {
        const mine = bobRegistered()
        await firstValueFrom(mine.state$.pipe(filter(({ is }) => is === 'registered')))
        await mine.unregister()
        must(mine.state.is === 'unregistered', 'unregistered')
        const { request, response } = registrar.log.at(-1)!
        const zero =
          request.parsed('expires') === 0 || (request.header('contact') ?? '').endsWith(';expires=0')
        must(zero && response?.status === 200, 'a REGISTER with a lifetime of 0, and its 200')
        must(registrar.bindings(bobsAor).length === 0, 'no binding at the registrar')
        return 'no binding left at the registrar'
      },
    },
    {
      name: 'restart',
      title: '7  the engine of alice ends and starts again: it goes on with its registration',
      run: async () => {
        registered()
        const [before, count] = [bound(aor).at(-1)!.request, registrar.log.length]
        account = await alice.restart()
        must(registrar.bindings(aor).length === 1, 'the binding, kept')
        await account.registered()
        const after = bound(aor).at(-1)!.request
        must(registrar.log.length > count, 'another REGISTER')
        must(after.callId === before.callId, 'the same Call-ID')
        must(after.cseq.seq > before.cseq.seq, 'a higher CSeq')
        must(registrar.bindings(aor).length === 1, 'one binding, not two')
        return `same Call-ID, CSeq ${before.cseq.seq} then ${after.cseq.seq}, still one binding`
      },
    },
    {
      name: 'disable',
      title: '8  nobody uses the profile any more',
      run: async () => {
        const mine = registered()
        await mine.disable()
        must(mine.state.is === 'unregistered', 'unregistered')
        must(registrar.bindings(aor).length === 0, 'no binding at the registrar')
        return 'the last use is over, the binding is gone'
      },
    },
  ]
}
