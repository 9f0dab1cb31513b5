/** Who may talk to the inspector, what it answers to everybody else, and what it may cost. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { isSipError } from '../../src/index.ts'
import { serveInspector } from '../../src/inspect-node/index.ts'
import { servePage } from '../../src/inspect-node/page.ts'
import { serverLimits, serveSources } from '../../src/inspect-node/serve.ts'
import { liveSource } from '../../src/inspect-node/source.ts'
import { ask, inspected, knock, Native } from './support.ts'

const opened: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const end of opened.splice(0).reverse()) await end()
})

const begin = async (options: Parameters<typeof inspected>[0] = {}) => {
  const made = await inspected(options)
  opened.push(() => made.end())
  return made
}

/** A page of our own, so that nothing depends on what is built. */
const withPage = async () => {
  const { alice, ...rest } = await begin()
  const folder = mkdtempSync(join(tmpdir(), 'sipactor-page-'))
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>page</title>')
  writeFileSync(join(folder, 'app.js'), 'export {}')
  writeFileSync(join(folder, '.secret'), 'no')
  const inspector = await serveSources([liveSource('alice', alice.sip, 0, true)], {}, serverLimits, folder)
  opened.push(async () => {
    await inspector.close()
    rmSync(folder, { recursive: true })
  })
  return { ...rest, alice, inspector, port: Number(new URL(inspector.url).port) }
}

describe('the address', () => {
  it('holds a token of 192 random bits, another one each time', async () => {
    const { inspector, alice } = await begin()
    const other = await serveInspector(alice.sip)
    opened.push(() => other.close())
    const tokens = [inspector, other].map(({ url }) => new URL(url).pathname.slice(1, -1))
    for (const token of tokens) expect(Buffer.from(token, 'base64url')).toHaveLength(24)
    expect(tokens[0]).not.toBe(tokens[1])
    expect(new URL(inspector.url).hostname).toBe('127.0.0.1')
  })

  it('is on the loopback interface alone', async () => {
    const { alice, port } = await begin()
    for (const host of ['0.0.0.0', '::', '192.0.2.1', 'example.com'])
      await expect(serveInspector(alice.sip, { host })).rejects.toSatisfy(
        error => isSipError(error) && error.code === 'argument',
      )
    const outside = Object.values(networkInterfaces())
      .flatMap(list => list ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4')
    for (const { address } of outside) {
      const outcome = await new Promise<string>(resolve => {
        const socket = connect({ host: address, port })
        socket.once('connect', () => resolve('connected'))
        socket.once('error', error => resolve((error as NodeJS.ErrnoException).code ?? 'error'))
        opened.push(() => void socket.destroy())
      })
      expect(outcome).toBe('ECONNREFUSED')
    }
  })

  it('refuses weak tokens, rings and names that make no sense, and a port that is taken', async () => {
    const { alice, port } = await begin()
    const wrong = [
      { token: 'secret' },
      { token: 'a/b'.repeat(20) },
      { ring: -1 },
      { ring: 1.5 },
      { ring: 2_000_000 },
    ]
    for (const options of wrong)
      await expect(serveInspector(alice.sip, options)).rejects.toSatisfy(
        error => isSipError(error) && error.code === 'argument',
      )
    await expect(serveInspector({})).rejects.toSatisfy(isSipError)
    await expect(serveInspector({ 'a/b': alice.sip })).rejects.toSatisfy(isSipError)
    await expect(serveInspector(alice.sip, { port })).rejects.toSatisfy(
      error => isSipError(error) && error.code === 'transport',
    )
  })
})

describe('the page', () => {
  it('that is not there says to who installed the package what to do', () => {
    let said: readonly unknown[] = []
    const response = {
      writeHead: (status: number) => ({ end: (text: string) => (said = [status, text]) }),
    } as unknown as ServerResponse
    servePage(join(tmpdir(), 'sipactor-no-page'))({} as IncomingMessage, response, '/')
    expect(said[0]).toBe(503)
    expect(said[1]).toMatch(/install it again.*npm run build.*sipactor trace --attach/s)
  })

  it('is served with headers that let nothing in from elsewhere', async () => {
    const { inspector } = await withPage()
    for (const [path, status] of [
      ['', 200],
      ['app.js', 200],
      ['nothing.js', 404],
      ['.secret', 404],
      ['../package.json', 404],
      ['%2e%2e/%2e%2e/package.json', 404],
    ] as const) {
      const { pathname } = new URL(inspector.url)
      const answer = await ask(inspector.url, {}, 'GET', `${pathname}${path}`)
      expect([path, answer.status]).toEqual([path, status])
      const policy = String(answer.headers['content-security-policy'])
      expect(policy).toMatch(/^default-src 'self';/)
      expect(policy).not.toMatch(/unsafe|\*|https?:/)
      expect(answer.headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
      })
      expect(answer.headers['access-control-allow-origin']).toBeUndefined()
    }
    const bare = inspector.url.slice(0, -1)
    const moved = await ask(bare)
    expect([moved.status, moved.headers.location]).toEqual([308, `${new URL(inspector.url).pathname}`])
    expect((await ask(inspector.url, {}, 'HEAD')).status).toBe(200)
  })

  it('answers nothing but GET and HEAD', async () => {
    const { inspector } = await withPage()
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])
      expect((await ask(inspector.url, {}, method)).status).toBe(405)
  })

  it('is not found without the token, and nothing of it is told', async () => {
    const { inspector } = await withPage()
    const { origin, pathname } = new URL(inspector.url)
    const token = pathname.slice(1, -1)
    for (const path of [
      '/',
      '/app.js',
      `/${token.slice(0, -1)}/`,
      `/${token}x/`,
      `/${token.toLowerCase()}x/app.js`,
      `/x/${token}/`,
      `/?token=${token}`,
    ]) {
      const answer = await ask(origin, {}, 'GET', path)
      expect([path, answer.status, answer.body]).toEqual([path, 404, ''])
    }
  })

  it('is not given to another Host (DNS rebinding) nor to another Origin', async () => {
    const { inspector, port } = await withPage()
    for (const host of [
      'example.com',
      `example.com:${port}`,
      '127.0.0.1',
      `127.0.0.1:${port + 1}`,
      `127.0.0.1.example:${port}`,
    ]) {
      const answer = await ask(inspector.url, { Host: host })
      expect([host, [400, 403].includes(answer.status), answer.body]).toEqual([host, true, ''])
    }
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`])
      expect((await ask(inspector.url, { Host: host })).status).toBe(200)
    for (const origin of [
      'https://example.com',
      'null',
      `http://127.0.0.1:${port + 1}`,
      `https://127.0.0.1:${port}`,
    ])
      expect([origin, (await ask(inspector.url, { Origin: origin })).status]).toEqual([origin, 403])
    expect((await ask(inspector.url, { Origin: `http://127.0.0.1:${port}` })).status).toBe(200)
  })
})

describe('a WebSocket', () => {
  it('needs the token, our Host, our Origin or none, and a protocol that is known', async () => {
    const { inspector, port } = await begin()
    const { origin } = new URL(inspector.url)
    expect(await knock(inspector.url)).toBe('open')
    expect(await knock(inspector.url, { origin: `http://127.0.0.1:${port}` })).toBe('open')
    expect(await knock(`${origin}/`)).toBe(404)
    expect(await knock(`${origin}/${'A'.repeat(32)}/`)).toBe(404)
    expect(await knock(inspector.url, { origin: 'https://example.com' })).toBe(403)
    expect(await knock(inspector.url, { origin: 'null' })).toBe(403)
    expect(await knock(inspector.url, { headers: { Host: `example.com:${port}` } })).toBe(403)
    expect(await knock(inspector.url, {}, 'soap')).toBe(404)
    expect(await knock(`${inspector.url}app.js`)).toBe(404)
    for (const path of ['xstate-inspect', '']) {
      const url = `${inspector.url}${path}`
      expect(await knock(url, {}, 'xstate-inspect')).toBe('open')
      expect(await knock(url, { origin: 'https://example.com' }, 'xstate-inspect')).toBe(403)
      expect(await knock(`${origin}/${'A'.repeat(32)}/${path}`, {}, 'xstate-inspect')).toBe(404)
    }
  })

  it('that sends too much, or what is no message of the protocol, is closed', async () => {
    const { inspector } = await begin()
    const ways: readonly [say: string | object, code: number][] = [
      ['x'.repeat(70_000), 1009],
      ['{', 1008],
      ['null', 1008],
      ['[]', 1008],
      [{ type: 'export' }, 1008],
      [{ type: 'ack', seq: 'all' }, 1008],
      [{ type: 'context', actor: 'x'.repeat(300) }, 1008],
    ]
    for (const [say, code] of ways) {
      const native = new Native(inspector.url)
      await native.until(() => native.last('hello') !== undefined)
      native.say(say)
      expect((await native.untilClosed()).code).toBe(code)
    }
    const binary = new Native(inspector.url)
    await binary.until(() => binary.last('hello') !== undefined)
    binary.socket.send(Buffer.from('{"type":"ack","seq":1}'))
    expect((await binary.untilClosed()).code).toBe(1008)
    const flood = new Native(inspector.url)
    await flood.until(() => flood.last('hello') !== undefined)
    for (let n = 0; n < 2000; n++) flood.say({ type: 'ack', seq: 1 })
    expect((await flood.untilClosed()).code).toBe(1008)
  })

  it('is one of sixteen at most', async () => {
    const { inspector } = await begin()
    const natives = Array.from({ length: 16 }, () => new Native(inspector.url))
    await Promise.all(natives.map(native => native.until(() => native.last('hello') !== undefined)))
    expect(inspector.clients).toBe(16)
    expect(await knock(inspector.url)).toBe(503)
    natives[0]!.close()
    await natives[0]!.untilClosed()
    while (inspector.clients === 16) await new Promise(resolve => setImmediate(resolve))
    expect(await knock(inspector.url)).toBe('open')
    for (const native of natives) native.close()
  })

  it('ends with the server, which gives its port back', async () => {
    const { inspector, port } = await begin()
    const native = new Native(inspector.url)
    await native.until(() => native.last('hello') !== undefined)
    await inspector.close()
    await native.untilClosed()
    await inspector.close()
    const again = createServer()
    await new Promise<void>((resolve, reject) => {
      again.once('error', reject)
      again.listen(port, '127.0.0.1', resolve)
    })
    await new Promise(resolve => again.close(resolve))
  })
})
