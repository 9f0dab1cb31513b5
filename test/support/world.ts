/** A small world for tests: one virtual clock, one simulated network, engines on hosts of it. */
import type { Connection, ConnectionOptions, Sip, SipOptions } from '../../src/index.ts'
import {
  type SimulatedHostOptions,
  type SimulatedNetworkOptions,
  simulatedNetwork,
  virtualClock,
} from '../../src/testing/index.ts'
import { createSip } from './create-sip.ts'

export interface WorldOptions extends Omit<SimulatedNetworkOptions, 'clock'> {}

export interface Party {
  readonly sip: Sip
  readonly connection: Connection
  readonly host: string
  readonly port: number
}

export const createWorld = (options: WorldOptions = {}) => {
  const clock = virtualClock()
  const network = simulatedNetwork({ clock, ...options })
  const parties: Party[] = []
  return {
    clock,
    network,
    /** An engine on a host of its own, its connection active. */
    async party(
      host: string,
      sipOptions: Omit<SipOptions, 'platform'> = {},
      connectionOptions: ConnectionOptions = {},
      hostOptions: Partial<SimulatedHostOptions> = {},
    ): Promise<Party> {
      const sip = createSip({ platform: network.platform({ host, ...hostOptions }), ...sipOptions })
      const connection = sip.connect({ port: 5060, ...connectionOptions })
      await connection.active()
      const party = { sip, connection, host, port: 5060 }
      parties.push(party)
      return party
    },
    /** Lets virtual time pass, promises included. */
    run: (milliseconds: number): Promise<void> => clock.run(milliseconds),
    async end(): Promise<void> {
      const ends = Promise.all(parties.map(({ sip }) => sip.close()))
      await clock.run(200_000)
      await ends
    },
  }
}
