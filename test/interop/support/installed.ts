/** Which peers this machine has. Without them their tests are skipped, unless SIPACTOR_REQUIRE_INTEROP=1 demands them. */
import { accessSync, constants } from 'node:fs'
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

/** What must be there when interop is required; baresip is welcome. */
const demanded: ReadonlySet<string> = new Set(['sipp', 'kamailio'])

/** `describe` for tests against that program. */
export const against = (program: string, name: string, tests: () => void): void => {
  if (pathOf(program) !== undefined) {
    describe(name, tests)
  } else if (process.env.SIPACTOR_REQUIRE_INTEROP === '1' && demanded.has(program)) {
    it(`${name}: ${program} is installed`, () => {
      throw new Error(`${program} is missing: apt-get install sip-tester kamailio baresip`)
    })
  } else {
    console.log(`${name}: skipped without ${program}; apt-get install sip-tester kamailio baresip`)
    describe.skip(name, tests)
  }
}
