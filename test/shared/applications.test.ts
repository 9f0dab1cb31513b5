/** What waits for an application that is started, where it is ready for one request and not for another. */
import { expect, it } from 'vitest'
import type { Command, Id } from '../../src/engine/commands.ts'
import { Applications } from '../../src/shared/applications.ts'
import type { Birth, Claimer } from '../../src/shared/claims.ts'
import type { Owner } from '../../src/shared/owner.ts'
import { Owners } from '../../src/shared/owners.ts'
import { make } from '../rules/support.ts'

it('a request on a network where it is ready does not wait for those where it is not', () => {
  const commands: Command[] = []
  const owners = new Owners<Owner>()
  const claimers: Claimer[] = []
  let number = 0
  const applications = new Applications({
    engine: {
      newId: kind => `${kind}.${(number += 1)}`,
      dispatch: command => {
        commands.push(command)
        // As the engine does: all of these have to be started.
        if (command.type === 'resolver.open')
          owners.of(command.id)?.take({ type: 'launch', id: command.id, client: 'phone' })
        if (command.type === 'resolver.ready')
          owners.of(command.id)?.take({ type: 'resolved', id: command.id, client: 'phone' })
      },
    },
    owners,
    known: [{ client: 'phone', launch: () => undefined }],
    claimers: () => claimers,
    profileOf: () => undefined,
  })
  const settled: string[] = []
  const come = (connection: Id): void => {
    const request = make('MESSAGE')
    const birth = { type: 'request', id: 'server.1', connection, request } as unknown as Birth
    const unclaimed = { request, networkId: connection, from: undefined }
    applications.resolve(birth, unclaimed, () => settled.push(connection))
  }
  come('wired')
  come('mobile')
  const phone: Claimer = {
    client: 'phone',
    scopes: ['send'],
    networks: ['wired'],
    capabilities: undefined,
    uses: () => false,
    isReady: connection => connection === 'wired',
    adopt: () => undefined,
    take: () => undefined,
  }
  claimers.push(phone)
  applications.ready(phone)
  expect(settled).toEqual(['wired'])
  come('wired')
  expect(settled).toEqual(['wired', 'wired'])
  come('mobile')
  applications.gone(phone)
  const failed = commands.filter(({ type }) => type === 'resolver.failed')
  expect(failed).toHaveLength(2)
})
