/** "Make a test of this": the text that comes out is run, and passes; changed, it fails. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { testFileOf } from '../../src/inspect/index.ts'
import { glare, held, lostAck, ordinaryCall, registered, secrets, transferred } from './scenes.ts'

const root = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(root, 'test/inspect/generated-'))
afterAll(() => rmSync(folder, { recursive: true }))

const entries = { '': 'src/index.ts', '/message': 'src/message/index.ts', '/testing': 'src/testing/index.ts' }
const from = (entry: keyof typeof entries): string => join(root, entries[entry])

/** Runs tests in a process of their own. */
const run = async (
  text: string,
  name: string,
): Promise<{ readonly passed: boolean; readonly output: string }> => {
  const file = join(folder, `${name}.test.ts`)
  writeFileSync(file, text)
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [vitest, 'run', file], { cwd: root })
    return { passed: true, output: stdout }
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    return { passed: false, output: stdout + stderr }
  }
}

describe('a test made of a trace', () => {
  it.each(['alice', 'bob'] as const)(
    'passes for %s of an ordinary call, and fails when the engine is expected to send something else',
    { timeout: 60_000 },
    async who => {
      const { [who]: watched } = await ordinaryCall()
      const made = testFileOf(watched.frames, { title: `an ordinary call of ${who}`, from })
      if (made.text === undefined) throw new Error(made.reason)
      expect(made.left).toEqual([])
      const wrong = made.text.replace(/await sent\('(?:ACK|200 BYE)/, "await sent('CANCEL")
      expect(wrong).not.toBe(made.text)
      const [good, bad] = await Promise.all([run(made.text, who), run(wrong, `${who}-wrong`)])
      expect(good.output).toMatch(/Tests .*1 passed/)
      expect(bad.passed).toBe(false)
      expect(bad.output).toMatch(/CANCEL/)
    },
  )

  it.each([
    ['repeats of a lost ACK', 'bob', () => lostAck(2_000), []],
    ['a hold, from the side that asks', 'alice', held, []],
    ['a hold, from the side that is asked', 'bob', held, []],
    ['glare', 'alice', glare, []],
    ['a transfer up to what cannot be replayed', 'bob', transferred, [/^tu\.accept of referral/]],
  ] as const)('replays %s', { timeout: 60_000 }, async (title, who, record, left) => {
    const scene = await record()
    const made = testFileOf(scene[who].frames, { title, from })
    if (made.text === undefined) throw new Error(made.reason)
    expect(made.left).toEqual(left.map(words => expect.stringMatching(words)))
    const { output } = await run(made.text, title.replace(/\W+/g, '-'))
    expect(output).toMatch(/Tests .*1 passed/)
  })

  it('replays a registration with a digest that nobody can check', { timeout: 60_000 }, async () => {
    const { frames } = await registered()
    const made = testFileOf(frames, { title: 'a registration', from })
    if (made.text === undefined) throw new Error(made.reason)
    expect(made.text).not.toContain(secrets.password)
    const { output } = await run(made.text, 'registration')
    expect(output).toMatch(/Tests .*1 passed/)
  })

  it('cannot be ended from within: what others wrote stays text', { timeout: 60_000 }, async () => {
    const { alice } = await ordinaryCall()
    const evil = ['*/ $', "{process.exit()} ` \\ ' \u2028"].join('')
    const made = testFileOf(alice.frames, { title: evil, from })
    expect(made.text!.split('*/')[0]).toContain('process.exit')
    const { output } = await run(made.text!, 'evil')
    expect(output).toMatch(/Tests .*1 passed/)
  })

  it('says why it cannot', () => {
    expect(testFileOf([])).toEqual({ reason: 'there is no message among the frames' })
  })
})
