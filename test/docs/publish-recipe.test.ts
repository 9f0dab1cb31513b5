/** The recipe for receiving PUBLISH, as docs/recipes.md has it, against our own publications. RFC 3903. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { transformWithOxc } from 'vite'
import { afterEach, describe, expect, it } from 'vitest'
import type { Platform, Sip } from '../../src/index.ts'
import { createWorld } from '../support/world.ts'

const markdown = readFileSync(join(resolve(import.meta.dirname, '../..'), 'docs/recipes.md'), 'utf8')
const block = [...markdown.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].find(([text]) =>
  text.includes("'PUBLISH'"),
)![1]!

type Recipe = (sip: Sip, platform: Platform, show: (...what: unknown[]) => void) => void

const recipe = async (): Promise<Recipe> => {
  const source = `export default (sip: any, platform: any, show: any) => {\n${block}\n}`
  const { code } = await transformWithOxc(source, 'recipe.ts')
  const { default: run } = await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(code)}`)
  return run as Recipe
}

const world = createWorld()
afterEach(() => world.end())

describe('the recipe for receiving PUBLISH', () => {
  it('keeps, renews, changes and removes a state; 412, 489, 400, and 405 without it', async () => {
    const run = await recipe()
    const alice = await world.party('192.0.2.1')
    const bob = await world.party('192.0.2.2')
    const uri = 'sip:bob@192.0.2.2'
    const send = (headers: readonly (readonly [string, string])[], body?: string) => {
      const content = body === undefined ? {} : { body, contentType: 'text/plain' }
      const transaction = alice.connection.request({ method: 'PUBLISH', uri, headers, ...content })
      const done = transaction.response().then(
        response => response,
        error => error.response,
      )
      return world.run(1000).then(() => done)
    }
    expect((await send([['Event', 'presence']], 'x')).status).toBe(405)
    await Promise.all([bob.connection.close(), world.run(1000)])

    const shown: unknown[] = []
    const wrapped = { connect: (options: object) => bob.sip.connect({ port: 5060, ...options }) }
    run(wrapped as Sip, world.network.platform({ host: '192.0.2.3' }), (_, body) => shown.push(body))
    await world.run(1000)

    const publication = alice.connection.publish(uri, {
      event: 'presence',
      contentType: 'text/plain',
      body: 'here',
      expires: 120,
    })
    await world.run(1000)
    expect(publication.state.is).toBe('published')
    const first = publication.etag
    await world.run(120_000)
    expect(publication.etag).not.toBe(first)
    void publication.update('out')
    await world.run(1000)
    void publication.remove()
    await world.run(1000)
    expect(publication.state.is).toBe('removed')
    expect(shown[0]).toBe('here')
    expect(shown.slice(-2)).toEqual(['out', undefined])

    const statuses = [
      [[['Event', 'dialog']], 'x', 489],
      [
        [
          ['Event', 'presence'],
          ['SIP-If-Match', first!],
        ],
        undefined,
        412,
      ],
      [[['Event', 'presence']], undefined, 400],
    ] as const
    for (const [headers, body, status] of statuses) expect((await send(headers, body)).status).toBe(status)
  })
})
