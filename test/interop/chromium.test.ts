/** The bundle in a real browser: headless Chromium registers and calls over its own WebSocket. RFC 7118. */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import type { WebSocketVisitor } from '../../src/node/index.ts'
import { bundle, source } from '../support/bundle.ts'
import { answer, webServer } from '../support/web-server.ts'
import { against, pathOf } from './support/installed.ts'
import { start, within } from './support/program.ts'

/** What runs in the page: its steps as text, and what went wrong, go back to the server that served it. */
const program = (url: string): string => `
import { createSip } from ${source('index.ts')}
import { browser } from ${source('browser/index.ts')}
const steps = []
const report = error => fetch('/result', { method: 'POST', body: JSON.stringify({ steps, error }) })
const run = async () => {
  const sip = createSip({ platform: browser({ url: ${JSON.stringify(url)} }) })
  const connection = sip.connect({ user: 'alice' })
  await connection.active()
  const registration = connection.register({ aor: 'sip:alice@example.com' })
  await registration.registered()
  steps.push('registered')
  const call = connection.invite('sip:bob@example.com', { offer: ${JSON.stringify(answer)} })
  await call.established()
  steps.push('established')
  await call.hangUp()
  await call.ended()
  steps.push('ended')
  const incoming = new Promise(resolve => connection.calls$.subscribe(resolve))
  const asked = connection.request({ method: 'MESSAGE', uri: 'sip:call-me@example.com', body: 'now', contentType: 'text/plain' })
  await asked.response()
  const theirs = await incoming
  await theirs.accept(${JSON.stringify(answer)})
  steps.push('answered')
  await theirs.ended()
  await registration.unregister()
  steps.push('unregistered')
  await sip.close()
  steps.push('closed')
}
run().then(() => report(), error => report(String(error?.stack ?? error)))
`

const portOf = async (server: Server): Promise<number> => {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as { port: number }).port
}

against(['chromium'], 'chromium', () => {
  it('registers, calls, is called and ends it all over one WebSocket', { timeout: 60_000 }, async () => {
    const visitors: WebSocketVisitor[] = []
    const web = { listen: true, path: '/sip', origin: (one: WebSocketVisitor) => visitors.push(one) > 0 }
    const server = await webServer({ webSocket: web })
    onTestFinished(() => server.sip.close())
    server.connection.requests$.subscribe(({ request }) => {
      if (request.method !== 'MESSAGE') return
      const uri = /<([^>]+)>/.exec(server.contacts[0] ?? '')?.[1] ?? ''
      const back = server.connection.invite(uri, { offer: answer })
      void back.established().then(() => back.hangUp())
    })
    const chunks = await bundle(program(`ws://127.0.0.1:${server.port}/sip`))
    let tell: (body: string) => void = () => undefined
    const told = new Promise<string>(resolve => (tell = resolve))
    const pages = createServer((request, response) => {
      const name = (request.url ?? '/').slice(1)
      const chunk = chunks.find(({ fileName }) => fileName === name)
      if (name === 'result') {
        let body = ''
        request.on('data', piece => (body += String(piece)))
        request.on('end', () => {
          tell(body)
          response.end()
        })
      } else if (chunk) response.setHeader('Content-Type', 'text/javascript').end(chunk.code)
      else if (name === '')
        response
          .setHeader('Content-Type', 'text/html')
          .end('<!doctype html><title>t</title><script type="module" src="/entry.js"></script>')
      else response.writeHead(404).end()
    })
    const port = await portOf(pages)
    onTestFinished(() => {
      pages.closeAllConnections()
      pages.close()
    })
    const profile = mkdtempSync(join(tmpdir(), 'sipactor-chromium-'))
    onTestFinished(() => rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }))
    start(pathOf('chromium')!, [
      ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
      ...[`--user-data-dir=${profile}`, `http://127.0.0.1:${port}/`],
    ])
    expect(JSON.parse(await within(told, 45_000, 'the page said nothing'))).toEqual({
      steps: ['registered', 'established', 'ended', 'answered', 'unregistered', 'closed'],
    })
    expect(visitors).toEqual([
      expect.objectContaining({ origin: `http://127.0.0.1:${port}`, path: '/sip', address: '127.0.0.1' }),
    ])
    expect(server.contacts[0]).toMatch(/^<sip:alice@[0-9a-f]{16}\.invalid;transport=ws>/)
  })
})
