/** `sipactor resolve`: the plan, in words and as JSON. RFC 3263 */
import { describe, expect, it } from 'vitest'
import { serverArgument, transportsArgument } from '../../src/cli/arguments.ts'
import { createTerminalWorld } from './support.ts'

const zone = () => {
  const world = createTerminalWorld()
  const { dns } = world.network
  dns.set('example.com', [
    'NAPTR 50 50 "s" "SIPS+D2T" "" _sips._tcp.example.com.',
    'NAPTR 100 50 "s" "SIP+D2U" "" _sip._udp.example.com.',
  ])
  dns.set('_sip._udp.example.com', ['SRV 10 60 5060 one.example.com.', 'SRV 20 0 5062 two.example.com.'])
  dns.set('_sips._tcp.example.com', ['SRV 10 60 5061 one.example.com.'])
  dns.set('one.example.com', ['300 A 192.0.2.1'])
  dns.set('two.example.com', ['AAAA 2001:db8::2'])
  return world
}

const run = async (...args: readonly string[]) => {
  const world = zone()
  const command = world.command(['resolve', ...args])
  const status = await command.after(5000)
  return { ...command, status, dns: world.network.dns }
}

describe('sipactor resolve', () => {
  it('prints every step, what was left out and why, and the targets in order', async () => {
    const { out, err, status } = await run('sip:bob@example.com')
    expect(out).toEqual([
      'sip:bob@example.com',
      '  NAPTR  example.com',
      '           order 50, preference 50, "s" SIPS+D2T  _sips._tcp.example.com  (60 s)',
      '           order 100, preference 50, "s" SIP+D2U  _sip._udp.example.com  (60 s)',
      '  skip   NAPTR 50 50 SIPS+D2T  the connection has no TLS',
      '  take   UDP _sip._udp.example.com  NAPTR 100 50 SIP+D2U',
      '  SRV    _sip._udp.example.com',
      '           priority 10, weight 60, port 5060  one.example.com  (60 s)',
      '           priority 20, weight 0, port 5062  two.example.com  (60 s)',
      '  A      one.example.com',
      '           192.0.2.1  (300 s)',
      '  AAAA   one.example.com  no such record',
      '  A      two.example.com  no such record',
      '  AAAA   two.example.com',
      '           2001:db8::2  (60 s)',
      'Targets, in this order:',
      '   1  UDP  192.0.2.1:5060  one.example.com, priority 10, weight 60',
      '   2  UDP  [2001:db8::2]:5062  two.example.com, priority 20, weight 0',
    ])
    expect([err, status]).toEqual([[], 0])
  })

  it('prints one object with --json', async () => {
    const { out, status } = await run('bob@example.com', '--json')
    expect(out).toHaveLength(1)
    const plan = JSON.parse(out[0]!) as Record<string, unknown>
    expect(plan).toMatchObject({ type: 'plan', uri: 'sip:bob@example.com', host: 'example.com' })
    expect(plan.targets).toMatchObject([
      { transport: 'UDP', host: '192.0.2.1', port: 5060, priority: 10, weight: 60, name: 'example.com' },
      { transport: 'UDP', host: '2001:db8::2', port: 5062 },
    ])
    expect(plan.steps).toHaveLength(8)
    expect(status).toBe(0)
  })

  it('chooses from the transports that it is given', async () => {
    const { out, dns } = await run('sip:example.com:5070', '--transport', 'tcp')
    expect(out).toContain('  skip   NAPTR and SRV  the URI has a port (§4.1, §4.2)')
    expect(dns.count('example.com', 'NAPTR')).toBe(0)
  })

  it.each(['sips:bob@example.com', 'sip:bob@example.com;transport=tls'])(
    '%s is looked for by TLS',
    async uri => {
      const { out, status } = await run(uri)
      expect(out.at(-1)).toMatch(/^ {3}1 {2}TLS {2}192\.0\.2\.1:5061/)
      expect(out.join('\n')).not.toContain('UDP 19')
      expect(status).toBe(0)
    },
  )

  it('asks nobody about an address', async () => {
    const { out, status, dns } = await run('sip:[2001:db8::1]')
    expect(out).toEqual([
      'sip:[2001:db8::1]',
      '  skip   DNS  the host is an address (§4)',
      'The target:',
      '   1  UDP  [2001:db8::1]:5060',
    ])
    expect([status, dns.count()]).toEqual([0, 0])
  })

  it('a name that is not there ends with status 3, a transport that is not with status 2', async () => {
    const gone = await run('sip:bob@gone.example')
    expect(gone.out.slice(0, 2)).toEqual([
      'sip:bob@gone.example',
      '  NAPTR  gone.example  no such name (NXDOMAIN)',
    ])
    expect(gone.err[0]).toContain('no address for gone.example: there is no such name (NXDOMAIN)')
    expect(gone.status).toBe(3)
    expect((await run('sips:bob@example.com', '--transport', 'udp')).status).toBe(2)
    expect((await run('sip:bob@example.com', '--server', 'ns.example')).status).toBe(2)
    expect((await run('tel:+4930123')).status).toBe(2)
  })

  it('tells the failure with --json as well', async () => {
    const { out } = await run('sip:bob@gone.example', '--json')
    expect(JSON.parse(out[0]!)).toMatchObject({ type: 'plan', code: 'resolving', targets: [] })
  })
})

describe('its arguments', () => {
  it.each(['192.0.2.53', '127.0.0.1:5353', '[2001:db8::53]:5353', '2001:db8::53', '::1'])(
    'takes %s as a server',
    text => {
      expect(serverArgument(text)).toBe(text)
    },
  )

  it.each(['', 'ns.example.com', '192.0.2.53:', '192.0.2.53:99999', 'x:5353'])(
    'refuses %j as a server',
    text => {
      expect(() => serverArgument(text)).toThrow('Write it like 192.0.2.53')
    },
  )

  it('takes transports with commas between them', () => {
    expect(transportsArgument('udp, TLS')).toEqual(['UDP', 'TLS'])
    expect(() => transportsArgument('udp,sctp')).toThrow('udp, tcp, tls')
  })
})
