/** Recorded scenes: engines on the simulated network, watched from their first step. */
import type { Call, Connection, Frame, Sip } from '../../src/index.ts'
import { TraceModel } from '../../src/inspect/index.ts'
import { testForkingProxy, testRegistrar } from '../../src/testing/index.ts'
import { sdp as plainSdp } from '../support/text.ts'
import { createWorld, type WorldOptions } from '../support/world.ts'

export const sdp = plainSdp('192.0.2.1')

export interface Watched {
  readonly sip: Sip
  readonly connection: Connection
  readonly frames: Frame[]
  /** Everything seen so far. */
  model(): TraceModel
}

const watch = ({ sip, connection }: { readonly sip: Sip; readonly connection: Connection }): Watched => {
  const frames: Frame[] = []
  sip.trace$.subscribe(frame => frames.push(frame))
  return {
    sip,
    connection,
    frames,
    model: () => {
      const model = new TraceModel()
      model.append(frames)
      return model
    },
  }
}

/** Two engines over UDP, 10 ms apart. */
export const scene = async (options: WorldOptions = {}) => {
  const world = createWorld({ latency: 10, ...options })
  const alice = watch(await world.party('192.0.2.1', {}, { user: 'alice' }, { transports: ['UDP'] }))
  const bob = watch(await world.party('192.0.2.2', {}, { user: 'bob' }, { transports: ['UDP'] }))
  return { world, alice, bob, watch }
}

export type Scene = Awaited<ReturnType<typeof scene>>

/** Bob answers every call with 180 and 200. */
export const answering = ({ bob }: Scene): void => {
  bob.connection.calls$.subscribe(call => {
    call.ring()
    void call.accept(sdp)
  })
}

/** A call that is answered, talked in for two seconds and ended by alice. */
export const ordinaryCall = async (): Promise<Scene> => {
  const one = await scene()
  answering(one)
  const call = one.alice.connection.invite('sip:bob@192.0.2.2', { offer: sdp })
  await one.world.run(2000)
  void call.hangUp()
  await one.world.run(1000)
  return one
}

export const secrets = { password: 's3cret-of-alice', username: 'alice' }

/** A registration with digest, refreshed by nobody, taken back. */
export const registered = async () => {
  const one = await scene()
  const registrar = testRegistrar({
    platform: one.world.network.platform({ host: '192.0.2.10' }),
    users: { alice: secrets.password },
  })
  await registrar.listen()
  const registration = one.alice.connection.register({
    aor: 'sip:alice@example.com',
    registrar: 'sip:192.0.2.10',
    credentials: secrets,
  })
  await one.world.run(1000)
  void registration.unregister()
  await one.world.run(1000)
  return { ...one, frames: one.alice.frames, model: one.alice.model }
}

const talking = async (): Promise<Scene & { readonly call: Call; readonly calls: Call[] }> => {
  const one = await scene()
  const calls: Call[] = []
  one.bob.connection.calls$.subscribe(call => calls.push(call))
  answering(one)
  const call = one.alice.connection.invite('sip:bob@192.0.2.2', { offer: sdp })
  await one.world.run(500)
  return { ...one, call, calls }
}

/** The peer's side takes every change of the session. */
const agreeing = (calls: readonly Call[]): void => {
  for (const call of calls) call.offers$.subscribe(offer => void offer.accept(sdp))
}

/** Alice puts bob on hold. */
export const held = async (): Promise<Scene> => {
  const one = await talking()
  agreeing(one.calls)
  void one.call.reinvite({ offer: sdp.replace('a=sendrecv', 'a=sendonly').replace('o=- 1 1', 'o=- 1 2') })
  await one.world.run(500)
  return one
}

/** Both change the session at once. */
export const glare = async (): Promise<Scene> => {
  const one = await talking()
  agreeing([...one.calls, one.call])
  const changed = sdp.replace('o=- 1 1', 'o=- 1 2')
  one.call.reinvite({ offer: changed }).catch(() => undefined)
  one.calls[0]!.reinvite({ offer: changed }).catch(() => undefined)
  await one.world.run(10_000)
  return one
}

/** The ACK of alice's call is lost for so long. */
export const lostAck = async (milliseconds: number): Promise<Scene> => {
  const one = await scene()
  answering(one)
  const drop = one.world.network.drop(({ bytes }) => new TextDecoder().decode(bytes).startsWith('ACK '))
  one.alice.connection.invite('sip:bob@192.0.2.2', { offer: sdp })
  await one.world.run(milliseconds)
  drop.remove()
  await one.world.run(4_500)
  return one
}

/** Alice sends bob to carol; bob goes. */
export const transferred = async () => {
  const one = await talking()
  const carol = one.watch(await one.world.party('192.0.2.3', {}, { user: 'carol' }, { transports: ['UDP'] }))
  carol.connection.calls$.subscribe(call => void call.accept(sdp))
  one.calls[0]!.referrals$.subscribe(referral => void referral.accept({ offer: sdp }))
  void one.call.transfer('sip:carol@192.0.2.3').catch(() => undefined)
  await one.world.run(3_000)
  return { ...one, carol }
}

/** A proxy rings two at once; the second answers. */
export const forked = async () => {
  const one = await scene()
  const carol = one.watch(await one.world.party('192.0.2.3', {}, { user: 'carol' }, { transports: ['UDP'] }))
  one.bob.connection.calls$.subscribe(call => call.ring())
  carol.connection.calls$.subscribe(call => {
    call.ring()
    void call.accept(sdp)
  })
  const proxy = testForkingProxy({
    platform: one.world.network.platform({ host: '192.0.2.20' }),
    host: '192.0.2.20',
    targets: ['sip:bob@192.0.2.2', 'sip:carol@192.0.2.3'],
  })
  await proxy.listen()
  one.alice.connection.invite(proxy.uri, { offer: sdp })
  await one.world.run(3_000)
  return { ...one, carol }
}
