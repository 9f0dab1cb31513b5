import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '../../..')
const home = 'src/engine/compile/xstate-internals.ts'

const sources = ['src', 'machines'].flatMap(folder =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => join(folder, name)),
)

/** Members of XState that are not in its documented interface. */
const hidden = [
  /\._relay\b/,
  /\._nodes\b/,
  /\._sendInspectionEvent\b/,
  /\._parent\b/,
  /\._snapshot\b/,
  /\._send\b/,
  /\._stop\b/,
  /\._process\b/,
  /\._processingStatus\b/,
  /\._actorScope\b/,
  /\._scheduledEvents\b/,
  /\._register\b/,
  /\._unregister\b/,
  /\._deferred\b/,
  /\.__xstatenode\b/,
  /\.(?:assignment|sendId|internalQueue|retryResolve)\b(?=.*\bfn\b)/,
  /\bfn\.(?:resolve|execute|check|guards|collect)\b/,
]

it('reads members of XState that are not public in one file only', () => {
  const found = sources
    .filter(name => name !== home)
    .flatMap(name => {
      const text = readFileSync(join(root, name), 'utf8')
      return hidden.filter(member => member.test(text)).map(member => `${name}: ${member.source}`)
    })
  expect(found).toEqual([])
  expect(hidden.filter(member => member.test(readFileSync(join(root, home), 'utf8'))).length).toBeGreaterThan(
    4,
  )
})

it('is written for the version of XState that is installed', () => {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>
  }
  const installed = JSON.parse(readFileSync(join(root, 'node_modules/xstate/package.json'), 'utf8')) as {
    version: string
  }
  expect(dependencies.xstate).toBe(installed.version)
  expect(readFileSync(join(root, home), 'utf8')).toContain(`Read against ${installed.version}.`)
})
