/** `createSip` for tests: in this process, or in the second run of the tests over the frames of the wire, one engine each. */
import { checkSip } from '../../src/api/connection-options.ts'
import { sipOver } from '../../src/api/sip.ts'
import { createEngine } from '../../src/engine/engine.ts'
import { createSip as createHere, type Sip, type SipOptions } from '../../src/index.ts'
import { overWire } from './over-wire.ts'
import { sharedOver, soon } from './shared.ts'

const createOverWire = (options: SipOptions): Sip => {
  const { platform, credentials, akaProvider, timers, media, onCallbackError, scopes, ...engine } =
    checkSip(options)
  let greeted = false
  const { port } = sharedOver(createEngine(platform, akaProvider ? { ...engine, aka: true } : engine), {
    clock: platform.clock,
    profiles: options.profiles !== undefined,
    // `createSip` gives no promise to wait for the greeting with.
    deliver: task => (greeted && process.env.SIPACTOR_WIRE === 'soon' ? soon(task) : task()),
  }).join('app')
  greeted = true
  const api = {
    ...(credentials && { credentials }),
    ...(akaProvider && { akaProvider }),
    ...(timers && { timers }),
    ...(media && { media }),
    ...(onCallbackError && { onCallbackError }),
    ...(scopes && { scopes }),
  }
  const stored = options.profiles ? 'own' : undefined
  return sipOver(port, api, remote => platform.localAddressFor(remote), stored)
}

export const createSip = overWire ? createOverWire : createHere
