/** The drivers of the store of profiles that the Node under the tests has; CI runs these tests under a newer one, too. */
import { type DriverName, hasNodeSqlite } from '../../../src/node/profile-store/driver.ts'

export const drivers: readonly DriverName[] = hasNodeSqlite() ? ['wasm', 'node'] : ['wasm']
