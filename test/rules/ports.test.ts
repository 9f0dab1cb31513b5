import { describe, expect, it } from 'vitest'
import type { TransportName } from '../../src/engine/ports.ts'
import { listeningPort } from '../../src/rules/ports.ts'

const all: readonly TransportName[] = ['UDP', 'TCP', 'TLS', 'WS', 'WSS']
const ports = (asked: Parameters<typeof listeningPort>[2], among = all) =>
  Object.fromEntries(among.map(name => [name, listeningPort(name, among, asked)]))

describe('where transports listen (§19.1.2)', () => {
  it.each([
    ['free ones by default', {}, all, { UDP: 0, TCP: 0, TLS: 0, WS: 0, WSS: 0 }],
    ['TLS above UDP and TCP', { port: 5060 }, all, { UDP: 5060, TCP: 5060, TLS: 5061, WS: 0, WSS: 0 }],
    ['one that is alone where it was asked for', { port: 5061 }, ['TLS'] as const, { TLS: 5061 }],
    ['only one of two streams there', { port: 443 }, ['WSS', 'WS'] as const, { WSS: 443, WS: 0 }],
    [
      'each at a port of its own',
      { port: 5060, ports: { TLS: 7061, WSS: 443, TCP: 0 } },
      all,
      { UDP: 5060, TCP: 0, TLS: 7061, WS: 0, WSS: 443 },
    ],
  ])('%s', (_title, asked, among, expected) => {
    expect(ports(asked, among)).toEqual(expected)
  })
})
