/** The inspector beside what it shows: engines on real sockets, a peer that keeps what they carried, tshark, the machines themselves. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { createSip, type Frame, type StepFrame } from '../../src/index.ts'
import { secretsIn } from '../../src/inspect/index.ts'
import { node } from '../../src/node/index.ts'
import { createTerminalWorld } from '../cli/support.ts'
import { against } from '../interop/support/installed.ts'
import { sdp } from '../support/text.ts'
import { createWorld } from '../support/world.ts'
import { arrowsOf, startBrowser, takeAway, textsOf, treeIn, type Watcher } from './support/browser.ts'
import { type Carried, udpPeer } from './support/udp-peer.ts'

/** What the Message tab shows, line ends as they were. */
const shownText = async (page: Page): Promise<string> => {
  const lines = (await page.locator('pre.raw').textContent()) ?? ''
  return lines.trimEnd()
}

/** A message as lines, the empty one between head and body left out, as the page has it. */
const linesOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes)
    .toString('utf8')
    .split('\r\n')
    .filter(line => line !== '')
    .join('\n')

const firstLine = ({ bytes }: Carried): string => bytes.toString('latin1').split('\r\n')[0]!

/** A message with the places of secrets overwritten. */
const withoutSecrets = (bytes: Uint8Array): Buffer => {
  const copy = Buffer.from(bytes)
  for (const [from, to] of secretsIn(copy.toString('latin1'))) copy.fill('*', from, to)
  return copy
}

against(['chromium', 'tshark'], 'the inspector beside the wire', () => {
  let watcher: Watcher
  beforeAll(async () => {
    watcher = await startBrowser()
  }, 60_000)
  afterAll(() => watcher?.close())

  /** An engine on a real socket, watched before its connection begins; the page is open. */
  const watched = async () => {
    const peer = await udpPeer()
    const sip = createSip({ platform: node({ host: '127.0.0.1' }) })
    const frames: Frame[] = []
    sip.trace$.subscribe(frame => void frames.push(frame))
    onTestFinished(async () => {
      await sip.close()
      peer.close()
    })
    const inspector = await watcher.serve({ alice: sip })
    const opened = await watcher.open(inspector.url)
    await opened.page.locator('.top', { hasText: 'Live' }).waitFor()
    const connection = sip.connect({ port: 0, user: 'alice' })
    await connection.active()
    return { peer, sip, frames, inspector, connection, ...opened }
  }

  /** The states of an actor of a machine, as its steps tell them. */
  const pathIn = (frames: readonly Frame[], machine: string) => {
    const steps = frames.filter(
      (frame): frame is StepFrame => frame.kind === 'step' && frame.machine === machine,
    )
    const id = steps[0]!.actor
    return {
      id,
      states: steps.filter(({ actor, from, to }) => actor === id && from !== to).map(({ to }) => to),
    }
  }

  it('I01: shows each state of connection, transaction, dialog and call in order; the transcript is the capture', async () => {
    const { peer, frames, connection, page, noise } = await watched()
    const call = connection.invite(peer.uri, { offer: sdp('127.0.0.1') })
    await call.established()
    await page.locator('.ladder .label', { hasText: 'ACK' }).waitFor()
    const ended = call.hangUp()
    await ended
    await page.locator('.ladder .label', { hasText: 'BYE' }).waitFor()
    await expect
      .poll(() => arrowsOf(page))
      .toEqual(['INVITE', '180 Ringing', '200 OK', 'ACK', 'BYE', '200 OK'])

    // Why: the steps that every message set off are those of the trace.
    for (const at of [0, 1, 2, 3, 4, 5]) {
      await page.locator('.ladder .row').nth(at).click()
      await page.keyboard.press('3')
      const seq = Number(await page.locator('.ladder .row.sel').getAttribute('data-seq'))
      const root = frames.find(frame => frame.seq === seq)!.cause ?? seq
      const run = frames.filter(frame => frame.kind === 'step' && (frame.cause ?? frame.seq) === root)
      expect(await textsOf(page.locator('.steps .q'))).toEqual(run.map(one => `${one.seq}`))
    }

    // Machine: every actor with the way that it went. The connection is not moved by messages: it is among the actors.
    const machineAt = async (machine: string) => {
      const { id, states } = pathIn(frames, machine)
      await page.locator('.chart').first().waitFor()
      expect([machine, id, await textsOf(page.locator('.chart-path .chart-chip'))]).toEqual([
        machine,
        id,
        states,
      ])
      expect(states.length).toBeGreaterThan(1)
    }
    for (const [machine, row] of [
      ['inviteClient', 2],
      ['dialog', 5],
      ['outgoingCall', 5],
    ] as const) {
      await page.locator('.ladder .row').nth(row).click()
      await page.keyboard.press('3')
      await page
        .locator(`.step-name[title="${pathIn(frames, machine).id}"]`)
        .first()
        .click()
      await page.keyboard.press('2')
      await machineAt(machine)
    }
    await page.keyboard.press('a')
    await page
      .locator('.actors-row', { hasText: pathIn(frames, 'connection').id })
      .first()
      .click()
    await page.keyboard.press('a')
    await machineAt('connection')

    // The transcript, the exported capture and what the peer's socket carried are one.
    const capture = await takeAway(page, 'pcap', true)
    const fields = ['-e', 'sip.Method', '-e', 'sip.Status-Code', '-e', 'udp.payload']
    const ports = ['-d', `udp.port==${peer.port},sip`]
    const lines = execFileSync('tshark', ['-r', capture, ...ports, '-T', 'fields', ...fields], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const packets = lines
      .trimEnd()
      .split('\n')
      .map(line => line.split('\t'))
    expect(packets.map(([, , payload]) => payload)).toEqual(
      peer.carried.map(({ bytes }) => bytes.toString('hex')),
    )
    expect(packets.map(([method, status]) => method || status)).toEqual(
      (await arrowsOf(page)).map(label => label.split(' ')[0]),
    )
    expect(noise).toEqual([])
  })

  it('shows the bytes that the socket carried, secrets alone overwritten, and tells no secret anywhere', async () => {
    const { peer, connection, page, noise, asked, inspector } = await watched()
    const password = 'wonderland'
    const registration = connection.register({
      aor: 'sip:alice@sipactor.test',
      registrar: `sip:127.0.0.1:${peer.port}`,
      credentials: { username: 'alice', password },
    })
    await registration.registered()
    await expect.poll(() => arrowsOf(page)).toEqual(['REGISTER', '401 Unauthorized', 'REGISTER', '200 OK'])
    expect(peer.carried.map(firstLine)).toHaveLength(4)
    const proofs: string[] = []
    for (const [at, { bytes }] of peer.carried.entries()) {
      await page.locator('.ladder .row').nth(at).click()
      const wire = bytes.toString('latin1')
      for (const [from, to] of secretsIn(wire)) proofs.push(wire.slice(from, to))
      expect(await shownText(page)).toBe(linesOf(withoutSecrets(bytes)))
      // Byte for byte: what is hidden has the length that it had.
      await page.locator('.tab-bar', { hasText: `${bytes.length} B` }).waitFor()
    }
    // The response and the client's nonce, and nothing but them.
    expect(proofs).toHaveLength(2)
    expect(peer.carried[0]!.bytes.equals(withoutSecrets(peer.carried[0]!.bytes))).toBe(true)
    for (const key of ['1', '2', '3', '4']) {
      await page.keyboard.press(key)
      const text = await page.evaluate(() => document.documentElement.outerHTML)
      for (const secret of [password, ...proofs]) expect(text).not.toContain(secret)
    }
    for (const format of ['pcap', 'jsonl', 'html']) {
      const taken = readFileSync(await takeAway(page, format)).toString('latin1')
      for (const secret of [password, ...proofs]) {
        expect(taken).not.toContain(secret)
        expect(taken).not.toContain(Buffer.from(secret).toString('base64').slice(0, -4))
      }
    }
    expect(noise).toEqual([])
    const { host } = new URL(inspector.url)
    expect(asked.filter(url => !url.startsWith('blob:') && new URL(url).host !== host)).toEqual([])
    expect(asked.length).toBeGreaterThan(2)
  })

  it('shows the flows of the demo', async () => {
    const world = createTerminalWorld({ latency: 2 })
    onTestFinished(() => world.end())
    const urls: Record<string, string>[] = []
    const command = world.command(['demo'], {
      inspector: async (sips, options) => {
        const inspector = await watcher.serve(sips as never, options?.ring)
        urls.push(inspector.urls)
        return inspector
      },
    })
    // The server that it waits for begins in real time.
    await expect.poll(() => command.after(5_000).then(() => command.out.join('\n'))).toContain('8 of 8 steps')
    const { page, noise } = await watcher.open(urls[0]!.alice!)
    await page.locator('.flow').first().waitFor()
    await expect.poll(() => page.locator('.flow').count()).toBe(4)
    expect(new Set(await textsOf(page.locator('.flow-section span:first-child')))).toEqual(
      new Set(['Calls', 'Registrations', 'Messages']),
    )
    // Of several methods one is enough.
    await page.getByRole('button', { name: 'MESSAGE', exact: true }).click()
    await expect.poll(() => page.locator('.flow').count()).toBe(1)
    await page.getByRole('button', { name: 'REGISTER', exact: true }).click()
    await expect.poll(() => page.locator('.flow').count()).toBe(2)
    for (const name of ['MESSAGE', 'REGISTER']) await page.getByRole('button', { name, exact: true }).click()
    await expect.poll(() => page.locator('.flow').count()).toBe(4)
    expect(await page.getByRole('button', { name: 'PUBLISH', exact: true }).count()).toBe(0)
    // Each can be opened: an arrow of it has bytes.
    const flows = await page.locator('.flow').count()
    for (let at = 0; at < flows; at += 1) {
      await page.locator('.flow').nth(at).click()
      await page.locator('.ladder .row').first().click()
      await page.locator('pre.raw').waitFor()
    }
    await page.getByLabel('Engine').selectOption('bob')
    await page.waitForURL(urls[0]!.bob!)
    await page.locator('.flow').first().waitFor()
    expect(noise).toEqual([])
    command.interrupt()
    await command.after(60_000)
  })

  it('shows who attaches late every actor that lives, as it stands', async () => {
    const world = createWorld()
    onTestFinished(() => world.end())
    const alice = await world.party('192.0.2.1')
    const bob = await world.party('192.0.2.2')
    bob.connection.calls$.subscribe(call => {
      call.ring()
      call.accept(sdp('192.0.2.2')).catch(() => undefined)
    })
    for (let at = 0; at < 7; at += 1)
      alice.connection.invite('sip:bob@192.0.2.2', { offer: sdp('192.0.2.1') })
    await world.run(500)
    const inspector = await watcher.serve({ alice: alice.sip }, 0)
    const { page } = await watcher.open(inspector.url)
    await page.locator('.flow').first().waitFor()
    await page.keyboard.press('a')
    const { actors } = alice.sip.actors()
    expect(await treeIn(page)).toEqual(actors.map(({ id, state }) => `${id} ${state}`).sort())
    expect(actors.length).toBeGreaterThan(20)
  })

  it('says in one sentence that a token is wrong, and shows nothing', async () => {
    const world = createWorld()
    onTestFinished(() => world.end())
    const alice = await world.party('192.0.2.1')
    const inspector = await watcher.serve({ alice: alice.sip })
    const { page } = await watcher.open(inspector.url)
    await page.locator('.top', { hasText: 'Live' }).waitFor()
    // The page is there, the engine has another token since.
    const wrong = `${new URL(inspector.url).origin}/${'x'.repeat(32)}/`
    const html = await page.evaluate(async () => (await fetch('./')).text())
    await page
      .context()
      .route(wrong, route =>
        route.request().isNavigationRequest()
          ? route.fulfill({ contentType: 'text/html', body: html.replaceAll('"./', `"${inspector.url}`) })
          : route.continue(),
      )
    await page.goto(wrong)
    await page.getByText('This address does not open the inspector').waitFor()
    expect(await page.locator('.flow, .row, .top').count()).toBe(0)
    const answer = await page.request.get(wrong)
    expect([answer.status(), await answer.text()]).toEqual([404, ''])
  })
})
