/** The networks of this host as Node sees them, and connections that follow them. Real sockets, loopback. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createSip, type NetworkInterface, type Sip } from '../../src/index.ts'
import { node } from '../../src/node/index.ts'
import { hostInterfaces, nodeNetworks } from '../../src/node/networks.ts'
import { record, refused } from '../api/support.ts'

const open: Sip[] = []
afterEach(async () => {
  vi.useRealTimers()
  for (const sip of open.splice(0)) await sip.close()
})

const loopback: NetworkInterface = { name: 'lo', addresses: ['127.0.0.1'], internal: true }

describe('the interfaces of a host', () => {
  it('are those of the system, the loopback among them', () => {
    const interfaces = hostInterfaces()
    expect(interfaces.find(({ addresses }) => addresses.includes('127.0.0.1'))?.internal).toBe(true)
  })

  it('are looked at only while somebody watches, and a change is told once', () => {
    vi.useFakeTimers()
    let looks = 0
    let addresses = ['192.0.2.1']
    const monitor = nodeNetworks({
      interval: 1000,
      interfaces: () => {
        looks += 1
        return [{ name: 'eth0', addresses }]
      },
    })
    vi.advanceTimersByTime(10_000)
    expect(looks).toBe(0)
    let told = 0
    const stop = [monitor.watch(() => void (told += 1)), monitor.watch(() => void (told += 1))]
    vi.advanceTimersByTime(3000)
    expect([looks, told]).toEqual([4, 0])
    addresses = ['192.0.2.2']
    vi.advanceTimersByTime(3000)
    expect(told).toBe(2)
    for (const end of stop) end()
    const after = looks
    vi.advanceTimersByTime(10_000)
    expect([looks, vi.getTimerCount()]).toEqual([after, 0])
  })

  it.each([-1, 1.5, Number.NaN, 2 ** 31])('refuses the interval %s', interval => {
    refused('argument', () => node({ networks: { interval } }))
  })
})

describe('a connection on a network of this host', () => {
  const start = (interfaces: () => readonly NetworkInterface[]) => {
    const sip = createSip({ platform: node({ host: '127.0.0.1', networks: { interval: 20, interfaces } }) })
    open.push(sip)
    return sip
  }

  it('is named for its interface', async () => {
    const sip = createSip({ platform: node({ host: '127.0.0.1' }) })
    open.push(sip)
    const connection = sip.connect()
    await connection.active()
    const own = hostInterfaces().find(({ addresses }) => addresses.includes('127.0.0.1'))!
    expect(connection.networkId).toBe(own.name)
    expect(sip.connection(own.name)).toBe(connection)
  })

  it('is inactive without it, gives its port back, and listens again when it returns', async () => {
    let present = true
    const sip = start(() => (present ? [loopback] : []))
    const connection = sip.connect({ transports: ['TCP'] })
    await connection.active()
    const { port } = connection.addresses[0]!
    const states = record(connection.state$)
    const errors = record(connection.errors$)
    present = false
    await vi.waitFor(() => expect(connection.state.is).toBe('inactive'))
    const socket = connect(port, '127.0.0.1')
    const [failure] = await once(socket, 'error')
    expect((failure as NodeJS.ErrnoException).code).toBe('ECONNREFUSED')
    present = true
    await vi.waitFor(() => expect(connection.state.is).toBe('active'))
    expect(states.values.map(({ is }) => is)).toEqual(['active', 'inactive', 'active'])
    expect(errors.values).toEqual([])
    const again = connect(connection.addresses[0]!.port, '127.0.0.1')
    await once(again, 'connect')
    again.destroy()
  })

  it('binds to the new address when it is given another, on the same port', async () => {
    let addresses = ['127.0.0.1']
    const sip = start(() => [{ ...loopback, addresses }])
    const connection = sip.connect({ transports: ['UDP'] })
    await connection.active()
    const { port } = connection.addresses[0]!
    addresses = ['127.0.0.2']
    await vi.waitFor(() => expect(connection.addresses[0]?.host).toBe('127.0.0.2'))
    expect(connection.addresses[0]).toEqual({ host: '127.0.0.2', port, transport: 'UDP' })
    expect(connection.state.is).toBe('active')
  })

  it('on all of them names the address of the one in use', async () => {
    const sip = createSip({
      platform: node({
        networks: { interfaces: () => [loopback, { name: 'eth0', addresses: ['192.0.2.1'] }] },
      }),
    })
    open.push(sip)
    const connection = sip.connect({ transports: ['UDP'] })
    const seen = record(connection.localAddress$)
    await connection.active()
    expect([connection.networkId, connection.addresses[0]!.host, seen.values[0]!.host]).toEqual([
      '*',
      '0.0.0.0',
      '192.0.2.1',
    ])
  })

  it('keeps no process alive by looking', () => {
    const unref = vi.spyOn(globalThis, 'setInterval')
    const stop = nodeNetworks({ interfaces: () => [] }).watch(() => {})
    expect((unref.mock.results[0]!.value as NodeJS.Timeout).hasRef()).toBe(false)
    stop()
  })
})

describe('settings of sockets', () => {
  it('are taken by streams; what Node cannot set is refused', async () => {
    const sip = createSip({ platform: node({ host: '127.0.0.1' }) })
    open.push(sip)
    const connection = sip.connect()
    await connection.active()
    refused('not-supported', () => connection.setSocketOptions({ dscp: 46 }))
    refused('argument', () => connection.setSocketOptions({ keepAlive: -1 }))
    refused('argument', () => connection.setSocketOptions({ noDelay: 1 as never }))
    const { port } = connection.addresses.find(({ transport }) => transport === 'TCP')!
    const { Socket } = await import('node:net')
    const noDelay = vi.spyOn(Socket.prototype, 'setNoDelay')
    const keepAlive = vi.spyOn(Socket.prototype, 'setKeepAlive')
    const first = connect(port, '127.0.0.1')
    await once(first, 'connect')
    await vi.waitFor(() => expect(noDelay).toHaveBeenCalled())
    noDelay.mockClear()
    keepAlive.mockClear()
    connection.setSocketOptions({ noDelay: false, keepAlive: 30_000 })
    expect([noDelay.mock.calls, keepAlive.mock.calls]).toEqual([[[false]], [[true, 30_000]]])
    const second = connect(port, '127.0.0.1')
    await once(second, 'connect')
    await vi.waitFor(() => expect(noDelay.mock.calls.filter(([on]) => on === false).length).toBe(2))
    first.destroy()
    second.destroy()
    const datagrams = sip.connect({ transports: ['UDP'] })
    refused('not-supported', () => datagrams.setSocketOptions({ noDelay: true }))
    vi.restoreAllMocks()
  })
})
