/** Clock, randomness, digests, addresses and options of the Node platform. */
import { networkInterfaces } from 'node:os'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { node } from '../../src/node/index.ts'
import { byInterface, type Interfaces } from '../../src/node/local-address.ts'
import { leftOver, openHandles } from './support/recorder.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('the clock', () => {
  const { clock } = node()
  afterEach(() => vi.useRealTimers())

  it('never goes back and never calls early', async () => {
    for (const wait of [0, 0.4, 1, 3.7]) {
      const start = clock.now()
      await new Promise<void>(resolve => clock.setTimeout(resolve, wait))
      expect(clock.now() - start).toBeGreaterThanOrEqual(wait)
    }
  })

  it('does not call what was cleared, and clearing twice or late is harmless', async () => {
    let called = 0
    const cleared = clock.setTimeout(() => (called += 1), 1)
    clock.clearTimeout(cleared)
    clock.clearTimeout(cleared)
    await new Promise<void>(resolve => {
      const handle = clock.setTimeout(() => {
        clock.clearTimeout(handle)
        resolve()
      }, 5)
    })
    expect(called).toBe(0)
    clock.clearTimeout(undefined)
  })

  it('waits longer than the 2^31 ms of a Node timer', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    const armed = vi.spyOn(globalThis, 'setTimeout')
    const wait = 2 ** 31 + 5000
    let called = 0
    clock.setTimeout(() => (called += 1), wait)
    vi.advanceTimersByTime(2 ** 31 + 4000)
    expect(called).toBe(0)
    vi.advanceTimersByTime(1001)
    expect(called).toBe(1)
    const cleared = clock.setTimeout(() => (called += 1), wait)
    vi.advanceTimersByTime(2 ** 31)
    clock.clearTimeout(cleared)
    vi.advanceTimersByTime(2 ** 31)
    expect(called).toBe(1)
    // Node would fire a longer one after 1 ms; the timers of this test do not imitate that.
    for (const [, milliseconds] of armed.mock.calls) expect(milliseconds).toBeLessThan(2 ** 31)
    armed.mockRestore()
  })
})

describe('randomness', () => {
  it.each([0, 1, 16, 511, 512, 513, 4096, 70_000])('gives exactly %d bytes', length => {
    expect(node().random.bytes(length)).toHaveLength(length)
  })

  it('never repeats 16 bytes in 10,000 draws and shares no memory between draws', () => {
    const { random } = node()
    const seen = new Set<string>()
    for (let draw = 0; draw < 10_000; draw += 1) {
      const drawn = random.bytes(16)
      expect(drawn.buffer.byteLength).toBe(16)
      seen.add(Buffer.from(drawn).toString('hex'))
    }
    expect(seen.size).toBe(10_000)
  })

  it('differs between two platforms', () => {
    expect(node().random.bytes(16)).not.toEqual(node().random.bytes(16))
  })
})

describe('digests (RFC 7616, RFC 8760)', () => {
  it.each([
    ['MD5', '900150983cd24fb0d6963f7d28e17f72'],
    ['SHA-256', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    ['SHA-512-256', '53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23'],
  ] as const)('%s of abc is the published value, lower-case', (name, expected) => {
    expect(node().digest(name, utf8('abc'))).toBe(expected)
  })
})

describe('the local address for a remote one', () => {
  const { localAddressFor } = node()
  const outward = Object.values(networkInterfaces())
    .flatMap(list => list ?? [])
    .filter(each => !each.internal && !each.address.startsWith('fe80:'))

  it('is the loopback address of the family for a loopback peer', () => {
    expect(localAddressFor('127.0.0.1')).toBe('127.0.0.1')
    expect(localAddressFor('127.9.9.9')).toBe('127.0.0.1')
    expect(localAddressFor('::ffff:127.0.0.1')).toBe('127.0.0.1')
    expect(localAddressFor('::1')).toBe('::1')
  })

  it.runIf(outward.length > 0)('is the same address for ourselves, as the kernel would have it', () => {
    for (const { address } of outward) expect(localAddressFor(address)).toBe(address)
  })

  it('leaves no handle behind', async () => {
    const before = openHandles()
    localAddressFor('198.51.100.1')
    localAddressFor('2001:db8::99')
    expect(await leftOver(before)).toEqual([])
  })

  const one = (address: string, cidr: string, internal = false): NonNullable<Interfaces[string]>[number] => ({
    address,
    cidr,
    internal,
    netmask: '',
    mac: '',
    ...(address.includes(':') ? { family: 'IPv6', scopeid: 0 } : { family: 'IPv4' }),
  })
  const interfaces: Interfaces = {
    lo: [one('127.0.0.1', '127.0.0.1/8', true), one('::1', '::1/128', true)],
    eth0: [
      one('fe80::5', 'fe80::5/64'),
      one('192.0.2.5', '192.0.2.5/24'),
      one('2001:db8:1::5', '2001:db8:1::5/64'),
    ],
    eth1: [one('10.1.2.3', '10.1.2.3/8'), one('2001:db8:2::5', '2001:db8:2::5/64')],
  }

  it.each([
    ['10.200.0.1', 4, '10.1.2.3'],
    ['192.0.2.77', 4, '192.0.2.5'],
    ['203.0.113.1', 4, '192.0.2.5'],
    ['127.0.0.9', 4, '127.0.0.1'],
    ['2001:db8:2::77', 6, '2001:db8:2::5'],
    ['2001:db8:9::1', 6, '2001:db8:1::5'],
    ['fe80::77%eth0', 6, 'fe80::5'],
    ['not an address', 4, '192.0.2.5'],
  ] as const)('without a route to %s is taken from the interfaces', (remote, family, expected) => {
    expect(byInterface(remote, family, interfaces)).toBe(expected)
  })

  it('without any interface of the family is unknown there', () => {
    expect(byInterface('2001:db8::1', 6, { lo: [one('127.0.0.1', '127.0.0.1/8', true)] })).toBeUndefined()
  })
})

describe('options of node()', () => {
  it('bind every IPv4 interface and offer UDP and TCP by default', () => {
    const platform = node()
    expect(platform.defaultHost).toBe('0.0.0.0')
    expect(platform.transports.map(transport => transport.name)).toEqual(['UDP', 'TCP'])
  })

  it('leave transports out and set the host', () => {
    expect(node({ udp: false }).transports.map(transport => transport.name)).toEqual(['TCP'])
    expect(node({ tcp: false }).transports.map(transport => transport.name)).toEqual(['UDP'])
    expect(node({ host: '::1' }).defaultHost).toBe('::1')
  })

  it.each([
    { host: 'pbx.example' },
    { host: '[::1]' },
    { socketBufferSize: 0 },
    { connectTimeout: -1 },
    { connectTimeout: 2 ** 31 },
    { tcp: { outgoingLimit: Number.NaN } },
    { tcp: { idleLimit: 0.5 } },
    { tcp: { connectionsPerPeer: -1 } },
  ])('refuse %o at once', options => {
    expect(() => node(options)).toThrow(expect.objectContaining({ code: 'argument' }) as Error)
  })
})
