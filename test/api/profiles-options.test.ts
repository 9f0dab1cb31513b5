/** What `createSip` takes for profiles. */
import { describe, expect, it } from 'vitest'
import { createSip } from '../../src/index.ts'
import { memoryProfileStore, simulatedNetwork, virtualClock } from '../../src/testing/index.ts'

const platform = simulatedNetwork({ clock: virtualClock() }).platform({ host: '192.0.2.1' })
const argument = expect.objectContaining({ code: 'argument' })

describe('the option profiles', () => {
  it.for([null, 5, {}, { store: null }, { store: {} }, { store: 'profiles.db' }])(
    'is refused as %j',
    profiles => {
      expect(() => createSip({ platform, profiles: profiles as never })).toThrowError(argument)
    },
  )

  it('is refused with a connection that cannot be, or that names the network', () => {
    const store = memoryProfileStore()
    for (const connection of [{ port: -1 }, { network: 'eth0' }])
      expect(() => createSip({ platform, profiles: { store, connection } })).toThrowError(argument)
  })

  it('is taken with a store', async () => {
    const sip = createSip({ platform, profiles: { store: memoryProfileStore(), connection: { port: 5080 } } })
    await sip.close()
  })
})
