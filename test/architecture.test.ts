/** The layers of docs/architecture.md, enforced: arrows only point down, and Node stays where Node belongs. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')

/** For each place (the longest that fits) what it may import: places of the project, and packages. */
const allowed: Record<string, readonly string[]> = {
  'src/inspected.ts': [],
  'src/errors.ts': ['src/inspected.ts', 'src/message/types.ts'],
  'src/churn-map.ts': [],
  'src/message': ['src/inspected.ts', 'src/errors.ts'],
  'src/rules': [
    'src/message',
    'src/sdp/scan.ts',
    'src/sdp/static-payloads.ts',
    'src/profiles/data.ts',
    'src/errors.ts',
    'src/engine/ports.ts',
  ],
  machines: ['machines', 'src/rules', 'src/sdp/scan.ts', 'src/message', 'src/errors.ts', 'xstate'],
  'src/inspect/xstate-v4.ts': ['xstate'],
  'src/inspect/receiver-events.ts': ['src/inspect/frame.ts', 'src/inspect/xstate-v4.ts', 'xstate'],
  'src/inspect': ['src/engine/ports.ts', 'src/message', 'src/rules/base64.ts', 'src/errors.ts'],
  'src/engine': [
    'machines',
    'src/packages',
    'src/profiles',
    'src/rules',
    'src/sdp',
    'src/message',
    'src/errors.ts',
    'src/inspect/frame.ts',
    'src/inspect/redact.ts',
    'src/churn-map.ts',
    'xstate',
  ],
  'src/profiles': ['src/rules', 'src/message', 'src/errors.ts'],
  'src/sdp': ['src/errors.ts', 'sdp-transform'],
  'src/packages': ['src/message', 'src/rules/sipfrag.ts', 'src/errors.ts', 'fast-xml-parser'],
  'src/api': [
    'src/engine/commands.ts',
    'src/engine/border',
    'src/sdp',
    'src/packages',
    'src/engine/states.ts',
    'src/engine/ports.ts',
    'src/engine/presence.ts',
    'src/engine/tap-step.ts',
    'src/inspect/frame.ts',
    'src/profiles',
    'src/rules',
    'src/message',
    'src/errors.ts',
    'machines/timers.ts',
    'src/churn-map.ts',
    'rxjs',
  ],
  'src/testing': [
    'src/engine/ports.ts',
    'src/profiles',
    'src/dns',
    'src/rules',
    'src/message',
    'src/errors.ts',
    'src/portable-digest.ts',
  ],
  'src/portable-digest.ts': ['src/engine/ports.ts', '@noble/hashes'],
  'src/browser': ['src/engine/ports.ts', 'src/errors.ts'],
  'src/dns': ['src/engine/ports.ts', 'src/rules', 'src/errors.ts'],
  'src/node': [
    'src/engine/ports.ts',
    'src/dns',
    'src/profiles',
    'src/browser/clock.ts',
    'src/message',
    'src/errors.ts',
    'node:',
    'node-sqlite3-wasm',
    'ws',
  ],
  'src/inspect-node': ['src/index.ts', 'src/inspect', 'src/errors.ts', 'machines', 'node:', 'sirv', 'ws'],
  'src/shared': [
    'src/index.ts',
    'src/api',
    'src/engine',
    'src/inspect-node',
    'src/inspect/frame.ts',
    'src/message',
    'src/node',
    'src/rules/base64.ts',
    'src/rules/capabilities.ts',
    'src/rules/network.ts',
    'src/rules/resolve-client.ts',
    'src/rules/text.ts',
    'src/churn-map.ts',
    'src/errors.ts',
    'machines/timers.ts',
    'node:',
    'rxjs',
  ],
  'src/cli': [
    'src/index.ts',
    'src/shared/index.ts',
    'src/node/index.ts',
    'src/inspect-node/index.ts',
    'src/testing/index.ts',
    'src/message/index.ts',
    'src/packages/index.ts',
    'src/inspect/ladder.ts',
    'src/inspect/index.ts',
    'ws',
    'node:',
    'commander',
    'rxjs',
  ],
  'src/index.ts': [
    'src/rules/profile-agents.ts',
    'src/api',
    'src/dns',
    'src/engine',
    'src/inspect',
    'src/message',
    'src/profiles',
    'src/sdp',
    'src/errors.ts',
    'machines/timers.ts',
  ],
}

const files = ['machines', 'src'].flatMap(folder =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => join(folder, name)),
)

const within = (path: string, place: string): boolean => path === place || path.startsWith(`${place}/`)

const withoutComments = (text: string): string => text.replaceAll(/^\s*(?:\/\*\*?|\*|\/\/).*$/gm, '')

/** What a file imports: project paths from the root, packages by name. */
const importsOf = (file: string): string[] =>
  [
    ...withoutComments(readFileSync(join(root, file), 'utf8')).matchAll(
      /^(?:import|export)\b[^'"]*?from '([^']+)'/gm,
    ),
  ].map(([, name = '']) => (name.startsWith('.') ? relative(root, resolve(root, dirname(file), name)) : name))

const placeOf = (file: string): string | undefined =>
  Object.keys(allowed)
    .filter(place => within(file, place))
    .sort((a, b) => b.length - a.length)[0]

describe('layers', () => {
  it.each(files)('%s imports only what its layer may', file => {
    const place = placeOf(file)
    expect(place, `no layer for ${file}`).toBeDefined()
    const may = [...allowed[place!]!, place!]
    const wrong = importsOf(file).filter(
      name => !may.some(one => (one.endsWith(':') ? name.startsWith(one) : within(name, one))),
    )
    expect(wrong).toEqual([])
  })

  it('only machines/ calls setup()', () => {
    const callers = files.filter(file =>
      /\bsetup\(\{|\bsetup\(\)/.test(readFileSync(join(root, file), 'utf8')),
    )
    expect(callers.filter(file => !file.startsWith('machines/'))).toEqual([])
  })

  it('keeps every file under 400 lines, every machine under 151', () => {
    const long = files.filter(file => {
      const lines = readFileSync(join(root, file), 'utf8').split('\n').length - 1
      return lines > (file.startsWith('machines/') ? 150 : 400)
    })
    expect(long).toEqual([])
  })
})
