/** What is remembered of DNS, for how long, and how long anybody waits. Virtual time. RFC 1035, RFC 2308. */
import { describe, expect, it } from 'vitest'
import { DnsCache } from '../../src/dns/cache.ts'
import { dnsResolver } from '../../src/dns/resolver.ts'
import type { Dns, DnsAnswer, Question } from '../../src/engine/ports.ts'
import { simulatedDns } from '../../src/testing/dns.ts'
import { seededRandom, virtualClock } from '../../src/testing/index.ts'

const question = (more: Partial<Question> = {}): Question => ({
  host: 'example.com',
  secure: false,
  available: ['UDP', 'TCP'],
  ...more,
})

const scene = () => {
  const clock = virtualClock()
  const dns = simulatedDns(clock)
  const resolver = dnsResolver({ dns: dns.of('192.0.2.1'), clock, random: seededRandom(1) })
  /** The hosts of a question, or its error, when it is answered. */
  const ask = async (more: Partial<Question> = {}, wait = 0): Promise<readonly string[] | string> => {
    const answer = resolver.resolve(question(more)).then(
      targets => targets.map(({ host }) => host),
      (error: Error) => error.message,
    )
    await clock.run(wait)
    return answer
  }
  return { clock, dns, ask, resolver }
}

describe('memory', () => {
  it('keeps an answer for its TTL and no longer', async () => {
    const { clock, dns, ask } = scene()
    dns.set('example.com', ['30 A 192.0.2.1'])
    expect(await ask({ port: 5060 })).toEqual(['192.0.2.1'])
    dns.set('example.com', ['30 A 192.0.2.2'])
    await clock.run(29_999)
    expect(await ask({ port: 5060 })).toEqual(['192.0.2.1'])
    expect(dns.count('example.com', 'A')).toBe(1)
    await clock.run(1)
    expect(await ask({ port: 5060 })).toEqual(['192.0.2.2'])
    expect(dns.count('example.com', 'A')).toBe(2)
  })

  it('keeps nothing with a TTL of 0', async () => {
    const { dns, ask } = scene()
    dns.set('example.com', ['0 A 192.0.2.1'])
    await ask({ port: 5060 })
    dns.set('example.com', ['0 A 192.0.2.2'])
    expect(await ask({ port: 5060 })).toEqual(['192.0.2.2'])
  })

  it('goes around it for a fresh question, and remembers what that heard', async () => {
    const { dns, ask } = scene()
    dns.set('example.com', ['300 A 192.0.2.1'])
    await ask({ port: 5060 })
    dns.set('example.com', ['300 A 192.0.2.2'])
    expect(await ask({ port: 5060 })).toEqual(['192.0.2.1'])
    expect(await ask({ port: 5060, fresh: true })).toEqual(['192.0.2.2'])
    expect(await ask({ port: 5060 })).toEqual(['192.0.2.2'])
    expect(dns.count('example.com', 'A')).toBe(2)
  })

  it('keeps a no for five seconds: no storm at a name that is not there', async () => {
    const { clock, dns, ask } = scene()
    for (let round = 0; round < 50; round += 1) {
      expect(await ask()).toBe('no address for example.com: there is no such name (NXDOMAIN)')
      await clock.run(99)
    }
    expect(dns.count('example.com', 'NAPTR')).toBe(1)
    expect(dns.count()).toBe(3)
    await clock.run(50)
    dns.set('example.com', ['A 192.0.2.1'])
    expect(await ask()).toEqual(['192.0.2.1'])
  })

  it('asks once what many ask at the same time', async () => {
    const { clock, dns, resolver } = scene()
    dns.latency = 100
    dns.set('example.com', ['0 A 192.0.2.1'])
    const answers = Promise.all(Array.from({ length: 100 }, () => resolver.resolve(question({ port: 5060 }))))
    await clock.run(100)
    expect((await answers).every(([target]) => target?.host === '192.0.2.1')).toBe(true)
    expect(dns.count()).toBe(2)
  })

  it('tells in the plan what was remembered', async () => {
    const { dns, resolver } = scene()
    dns.set('example.com', ['300 A 192.0.2.1'])
    const first = await resolver.plan(question({ port: 5060 }))
    const second = await resolver.plan(question({ port: 5060 }))
    const remembered = ({ steps }: typeof first) =>
      steps.flatMap(step => ('remembered' in step ? [step.type] : []))
    expect(remembered(first)).toEqual([])
    expect(remembered(second)).toEqual(['A', 'AAAA'])
  })

  it('never grows beyond its size; what was not used for longest goes', async () => {
    const clock = virtualClock()
    const dns = simulatedDns(clock)
    const cache = new DnsCache(dns.of('192.0.2.1'), clock, { size: 10 })
    for (let index = 0; index < 100; index += 1) {
      dns.set(`h${index}.example`, ['300 A 192.0.2.1'])
      await cache.query(`h${index}.example`, 'A')
      await cache.query('h0.example', 'A')
    }
    expect(cache.size).toBe(10)
    expect(dns.count('h0.example')).toBe(1)
    await cache.query('h50.example', 'A')
    expect(dns.count('h50.example')).toBe(2)
  })

  it('survives a platform that breaks its promise', async () => {
    const broken: Dns = { query: () => Promise.reject(new Error('no sockets left')) }
    const cache = new DnsCache(broken, virtualClock())
    const expected: DnsAnswer = { is: 'failed', text: 'no sockets left' }
    expect(await cache.query('example.com', 'A')).toEqual(expected)
  })

  it('asks anew after a platform that never answered', async () => {
    const clock = virtualClock()
    let asked = 0
    const query = (): Promise<DnsAnswer> => {
      asked += 1
      return new Promise(() => {})
    }
    const mute: Dns = { query }
    const cache = new DnsCache(mute, clock, { patience: 1000 })
    const first = cache.query('example.com', 'A')
    await clock.run(1000)
    expect((await first).is).toBe('timeout')
    void cache.query('example.com', 'A', true)
    expect(asked).toBe(2)
    await clock.run(1000)
  })
})

describe('an end to every wait', () => {
  it('a silent server costs 4.5 s at most, then there is an error', async () => {
    const { clock, dns, resolver } = scene()
    dns.fail('silence')
    const outcomes: string[] = []
    void resolver.resolve(question()).catch((error: Error) => void outcomes.push(error.message))
    await clock.run(4499)
    expect(outcomes).toEqual([])
    await clock.run(1)
    expect(outcomes).toEqual(['no address for example.com: the DNS server did not answer in time'])
  })

  it.each([
    ['NAPTR', 'example.com', 'NAPTR', 1500],
    ['SRV', '_sip._udp.example.com', 'SRV', 3000],
    ['AAAA', 'one.example.com', 'AAAA', 4500],
  ] as const)(
    'a server silent on %s alone still leads to an address in time',
    async (_, name, type, most) => {
      const { clock, dns, resolver } = scene()
      dns.set('example.com', ['A 192.0.2.9'])
      dns.set('_sip._udp.example.com', ['SRV 0 0 5060 one.example.com'])
      dns.set('one.example.com', ['A 192.0.2.1'])
      dns.fail('silence', name, type)
      let hosts: readonly string[] | undefined
      void resolver.resolve(question()).then(targets => (hosts = targets.map(({ host }) => host)))
      await clock.run(most)
      expect(hosts).toEqual([type === 'SRV' ? '192.0.2.9' : '192.0.2.1'])
    },
  )

  it('a silent server is asked once by a thousand requests, not a thousand times', async () => {
    const { clock, dns, resolver } = scene()
    dns.fail('silence')
    let failed = 0
    for (let index = 0; index < 1000; index += 1) {
      void resolver.resolve(question()).catch(() => (failed += 1))
      await clock.run(4)
    }
    await clock.run(5000)
    expect(failed).toBe(1000)
    expect(dns.count()).toBeLessThan(20)
  })
})
