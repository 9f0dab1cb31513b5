/** Recorded scenes: engines on the simulated network, watched from their first step. */
import type { Connection, Frame, Sip } from '../../src/index.ts'
import { TraceModel } from '../../src/inspect/index.ts'
import { testRegistrar } from '../../src/testing/index.ts'
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
