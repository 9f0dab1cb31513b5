/** Which network a connection is on, how it looks, when it is tried again. */
import { describe, expect, it } from 'vitest'
import {
  defaultRecovery,
  isFatalFailure,
  lookAt,
  type NetworkInterface,
  nextLook,
  placeOf,
  recoveryAfter,
  type Wanted,
} from '../../src/rules/network.ts'

const lo: NetworkInterface = { name: 'lo', addresses: ['127.0.0.1', '::1'], internal: true }
const eth: NetworkInterface = { name: 'eth0', addresses: ['fe80::1', '192.0.2.1', '2001:db8::1'] }
const wlan: NetworkInterface = { name: 'wlan0', addresses: ['198.51.100.1'] }
const all = [lo, eth, wlan]

describe('the place of a connection', () => {
  it.each([
    ['a name', { network: 'eth0', fallback: '0.0.0.0' }, 'eth0', 'name'],
    ['an address of an interface', { network: '198.51.100.1', fallback: '0.0.0.0' }, 'wlan0', 'address'],
    ['the host that it binds', { host: '192.0.2.1', fallback: '0.0.0.0' }, 'eth0', 'address'],
    ['the default host', { fallback: '192.0.2.1' }, 'eth0', 'name'],
    ['all addresses', { fallback: '0.0.0.0' }, '*', 'any'],
    ['all addresses, asked for', { host: '::', fallback: '192.0.2.1' }, '*', 'any'],
    ['a host that no interface has', { host: '127.0.0.2', fallback: '0.0.0.0' }, '127.0.0.2', undefined],
    ['a default host that no interface has', { fallback: 'hidden.invalid' }, 'hidden.invalid', undefined],
  ] as const)('is by %s', (_, asked, networkId, by) => {
    const place = placeOf(asked, all)
    expect([place?.networkId, place?.wanted?.by]).toEqual([networkId, by])
  })

  it('is none for a name or an address that nobody has', () => {
    expect(placeOf({ network: 'ppp0', fallback: '0.0.0.0' }, all)).toBeUndefined()
    expect(placeOf({ network: '192.0.2.99', fallback: '0.0.0.0' }, all)).toBeUndefined()
  })

  it('on all addresses counts the loopback only where there is nothing else', () => {
    expect(placeOf({ fallback: '0.0.0.0' }, all)?.wanted).toMatchObject({ internal: false })
    expect(placeOf({ fallback: '0.0.0.0' }, [lo])?.wanted).toMatchObject({ internal: true })
  })
})

describe('a network', () => {
  const byName: Wanted = { by: 'name', name: 'eth0', family: 4 }
  const any: Wanted = { by: 'any', internal: false, family: 4 }

  it.each([
    ['has an address of the family asked for', byName, all, undefined, { is: 'up', address: '192.0.2.1' }],
    [
      'link-local addresses come last',
      { ...byName, family: 6 },
      all,
      undefined,
      { is: 'up', address: '2001:db8::1' },
    ],
    ['is absent without its interface', byName, [lo], undefined, { is: 'absent' }],
    ['has no address yet', byName, [{ ...eth, addresses: [] }], undefined, { is: 'unaddressed' }],
    [
      'has none of that family',
      byName,
      [{ ...eth, addresses: ['2001:db8::1'] }],
      undefined,
      { is: 'unaddressed' },
    ],
    ['is held', byName, [{ ...eth, state: 'suspended' }], undefined, { is: 'suspended' }],
    ['is gone for good', byName, [{ ...eth, state: 'removed' }], undefined, { is: 'removed' }],
    [
      'keeps the address in use while it is there',
      byName,
      [{ ...eth, addresses: ['192.0.2.7', '192.0.2.1'] }],
      '192.0.2.1',
      { is: 'up', address: '192.0.2.1' },
    ],
    [
      'by its address is absent without that',
      { by: 'address', address: '192.0.2.99' },
      all,
      undefined,
      { is: 'absent' },
    ],
    [
      'by its address is there with it',
      { by: 'address', address: '198.51.100.1' },
      all,
      undefined,
      { is: 'up', address: '198.51.100.1' },
    ],
    ['of all is up with one of them', any, all, undefined, { is: 'up', address: '192.0.2.1' }],
    ['of all goes on with the one in use', any, all, '198.51.100.1', { is: 'up', address: '198.51.100.1' }],
    ['of all is absent when the loopback alone is left', any, [lo], undefined, { is: 'absent' }],
    [
      'of all is held when nothing else is up',
      any,
      [lo, { ...eth, state: 'suspended' }],
      undefined,
      { is: 'suspended' },
    ],
    ['of all is gone when all are', any, [lo, { ...eth, state: 'removed' }], undefined, { is: 'removed' }],
  ] as [string, Wanted, NetworkInterface[], string | undefined, object][])(
    '%s',
    (_, wanted, interfaces, current, sight) => {
      expect(lookAt(wanted, interfaces, current)).toEqual(sight)
    },
  )
})

describe('a lost network', () => {
  it('is tried after 5, 15 and 25 min, then each hour; after a fatal failure each 3 h', () => {
    const minutes = [0, 1, 2, 3, 9].map(failures => recoveryAfter(defaultRecovery, failures, false) / 60_000)
    expect(minutes).toEqual([5, 15, 25, 60, 60])
    expect(recoveryAfter(defaultRecovery, 0, true)).toBe(180 * 60_000)
  })

  it('is looked for each second for 4 s, then twice as long each time, up to a minute', () => {
    expect([0, 3, 4, 5, 6, 40].map(nextLook)).toEqual([1000, 1000, 2000, 4000, 8000, 60_000])
  })

  it.each([
    [{ cause: { code: 'EACCES' } }, true],
    [{ cause: { code: 'EADDRNOTAVAIL' } }, false],
    [{ cause: 'EACCES' }, false],
    [{}, false],
  ])('a failure %j is fatal: %s', (failure, fatal) => expect(isFatalFailure(failure)).toBe(fatal))
})
