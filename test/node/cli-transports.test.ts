/** The program over TLS and WebSocket, as a process, against a registrar on real sockets of 127.0.0.1. RFC 5626, RFC 7118. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { node } from '../../src/node/index.ts'
import { type TestRegistrar, testRegistrar } from '../../src/testing/index.ts'
import { authority } from './support/certificates.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'sipactor-cli-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const issuer = authority()
const ca = join(folder, 'ca.pem')
writeFileSync(ca, issuer.ca)

const running: ChildProcess[] = []
const registrars: TestRegistrar[] = []
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL')
  for (const registrar of registrars.splice(0)) registrar.close()
})

const run = async (args: readonly string[]) => {
  const env = { PATH: process.env.PATH ?? '', NO_COLOR: '1', SIPACTOR_PASSWORD: 's3cret' }
  const child = spawn(process.execPath, args, { cwd: root, env })
  running.push(child)
  let [out, err] = ['', '']
  child.stdout.on('data', piece => (out += String(piece)))
  child.stderr.on('data', piece => (err += String(piece)))
  const status = await new Promise<number | null>(resolve => child.on('close', resolve))
  return { status, out, err }
}

beforeAll(async () => {
  const build =
    'import { buildIfStale } from "./scripts/build-if-stale.mjs"; process.exitCode = (await buildIfStale()) ? 1 : 0'
  const { status, err } = await run(['--input-type=module', '-e', build])
  expect(status, err).toBe(0)
}, 120_000)

const serve = async () => {
  const platform = node({
    host: '127.0.0.1',
    tls: { certificates: [issuer.issue({ names: ['IP:127.0.0.1', 'DNS:localhost'] })] },
    webSocket: { listen: true },
  })
  const registrar = testRegistrar({ platform, port: 0, users: { alice: 's3cret' } })
  registrars.push(registrar)
  const ports = new Map((await registrar.listen()).map(({ transport, port }) => [transport, port]))
  return { registrar, at: (name: 'TLS' | 'WS' | 'WSS'): string => `127.0.0.1:${ports.get(name)}` }
}

const instance = 'urn:uuid:00000000-0000-1000-8000-00ad1e2f3a4b'
const flow = ['--outbound', '--instance', instance, '--once', '--host', '127.0.0.1']
const register = (...args: readonly string[]) => run(['dist/src/cli/main.js', 'register', ...args])

describe('sipactor register --outbound', () => {
  it.each([
    ['TLS', (at: string) => ['--transport', 'tls', '--ca', ca, '--proxy', `sips:${at}`]],
    ['TLS', (at: string) => ['--ca', ca, '--proxy', `sip:${at};transport=tls`]],
    ['WS', (at: string) => ['--transport', 'ws', '--proxy', `sip:${at};transport=ws`]],
    ['WS', (at: string) => ['--web-socket-url', `ws://${at}/`]],
    ['WSS', (at: string) => ['--transport', 'wss', '--ca', ca, '--web-socket-url', `wss://${at}/`]],
  ] as const)(
    'by %s (%#): is challenged, registered by its flow, and taken back: status 0',
    async (name, way) => {
      const { registrar, at } = await serve()
      const { status, out, err } = await register('sip:alice@example.com', ...way(at(name)), ...flow)
      expect([err, status]).toEqual(['', 0])
      expect(out.split('\n').map(line => line.split(',')[0])).toEqual([
        'sip:alice@example.com: registering',
        'sip:alice@example.com: registered',
        'sip:alice@example.com: unregistering',
        'sip:alice@example.com: unregistered',
        '',
      ])
      expect(registrar.log.map(({ transport, response }) => [transport, response?.status])).toEqual([
        [name, 401],
        [name, 200],
        [name, 200],
      ])
      const contact = registrar.log[1]?.request.header('contact')
      expect(contact).toContain(`;+sip.instance="<${instance}>";reg-id=1`)
      expect(registrar.bindings('sip:alice@example.com')).toEqual([])
    },
  )

  it('does not trust a server whose authority it does not know, and says what to do: status 3', async () => {
    const { registrar, at } = await serve()
    const { status, err } = await register('sip:alice@example.com', '--proxy', `sips:${at('TLS')}`, ...flow)
    expect(err).toMatch(/^sipactor: TLS to .*certificate.*--ca.*\n$/)
    expect([status, registrar.log]).toEqual([3, []])
  })
})
