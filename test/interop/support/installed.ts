/** Which peers this machine has. Without them their tests are skipped, unless SIPACTOR_REQUIRE_INTEROP=1 demands them. */
import { accessSync, constants, existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe, it } from 'vitest'

const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']

/** The path of a program; undefined when it is not installed. */
export const pathOf = (program: string): string | undefined => {
  for (const folder of folders) {
    const path = join(folder, program)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      // Not here.
    }
  }
  return undefined
}

/** `kamailio-tls` is a module of Kamailio: a file where packages of Debian or its own `make` put it. */
const hasModule = (name: string): boolean =>
  ['/usr/lib', '/usr/lib64', '/usr/local/lib', '/usr/local/lib64']
    .filter(existsSync)
    .flatMap(folder => [folder, ...readdirSync(folder).map(inner => join(folder, inner))])
    .some(folder => existsSync(join(folder, 'kamailio/modules', `${name.slice('kamailio-'.length)}.so`)))

const isThere = (name: string): boolean =>
  name.startsWith('kamailio-') ? hasModule(name) : pathOf(name) !== undefined

const install =
  'apt-get install sip-tester kamailio kamailio-tls-modules kamailio-websocket-modules kamailio-outbound-modules kamailio-presence-modules kamailio-sqlite-modules baresip chromium tshark'

/** What must be there when interop is required; baresip is welcome. */
const demanded: ReadonlySet<string> = new Set([
  'sipp',
  'kamailio',
  'kamailio-tls',
  'kamailio-websocket',
  'kamailio-outbound',
  'kamailio-presence',
  'kamailio-db_sqlite',
  'chromium',
  'tshark',
])

/** `describe` for tests against these programs, and modules of Kamailio (`kamailio-tls`). */
export const against = (programs: readonly string[], name: string, tests: () => void): void => {
  const missing = programs.filter(program => !isThere(program))
  if (missing.length === 0) {
    describe(name, tests)
  } else if (process.env.SIPACTOR_REQUIRE_INTEROP === '1' && missing.some(program => demanded.has(program))) {
    it(`${name}: ${missing.join(' and ')} is installed`, () => {
      throw new Error(`${missing.join(' and ')} missing: ${install}`)
    })
  } else {
    console.log(`${name}: skipped without ${missing.join(' and ')}; ${install}`)
    describe.skip(name, tests)
  }
}
