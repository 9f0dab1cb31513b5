/** Every ```ts block of docs/recipes.md is a module that type-checks against the sources, with a prelude of things that exist. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')

/** What a block may use without making it; a block may declare the same name anew. */
const prelude = `
import type * as sipactor from 'sipactor'
declare global {
  const sip: sipactor.Sip
  const platform: sipactor.Platform
  const connection: sipactor.Connection
  const registration: sipactor.Registration
  /** Two calls of ours. */
  const call: sipactor.Call
  const other: sipactor.Call
  /** SDP of one's own. */
  const offerOf: () => string
  const answerTo: (offer: string | undefined) => string
  const show: (...what: unknown[]) => void
}
`

/** A mistake that the check must find: else it finds none. */
const wrong = `await call.hold({ queued: true })\nexport {}\n`

interface Block {
  readonly line: number
  readonly code: string
}

const blocksOf = (markdown: string): readonly Block[] =>
  [...markdown.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(({ index, 1: code }) => ({
    line: markdown.slice(0, index).split('\n').length,
    code: code!,
  }))

/** The sources behind the names of the package's entry points. */
const entries = (): Record<string, readonly string[]> => {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    exports: Record<string, { readonly default?: string }>
  }
  return Object.fromEntries(
    Object.entries(exports).flatMap(([name, { default: built }]) =>
      built === undefined
        ? []
        : [[`sipactor${name.slice(1)}`, [join(root, built.replace('./dist/', '').replace(/\.js$/, '.ts'))]]],
    ),
  )
}

/** What tsc says of each module, by its name; a complaint about no file is under ''. */
const complaints = (blocks: readonly Block[]): ReadonlyMap<string, readonly string[]> => {
  // Within node_modules, so that rxjs is found from there.
  const cache = join(root, 'node_modules/.cache')
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'recipes-'))
  try {
    writeFileSync(join(folder, 'prelude.d.ts'), prelude)
    writeFileSync(join(folder, 'wrong.ts'), wrong)
    for (const { line, code } of blocks)
      writeFileSync(join(folder, `line-${line}.ts`), `${code}\nexport {}\n`)
    const compilerOptions = {
      rootDir: root,
      noEmit: true,
      composite: false,
      incremental: false,
      declaration: false,
      rewriteRelativeImportExtensions: false,
      allowImportingTsExtensions: true,
      noUnusedLocals: false,
      noUnusedParameters: false,
      lib: ['ES2023', 'DOM'],
      types: ['node'],
      typeRoots: [join(root, 'node_modules/@types')],
      paths: entries(),
    }
    const files = ['prelude.d.ts', 'wrong.ts', ...blocks.map(({ line }) => `line-${line}.ts`)]
    const config = { extends: join(root, 'tsconfig.base.json'), compilerOptions, files }
    // A module of type `module`, as those who use it have.
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const { stdout, stderr, error } = spawnSync(process.execPath, [tsc, '-p', '.', '--pretty', 'false'], {
      cwd: folder,
      encoding: 'utf8',
      timeout: 60_000,
    })
    if (error) throw error
    const found = new Map<string, string[]>()
    for (const said of `${stdout}${stderr}`.split('\n').filter(text => text.includes('error TS'))) {
      const [, file = ''] = /^([^(]+)\(\d+,\d+\): /.exec(said) ?? []
      found.set(file, [...(found.get(file) ?? []), said])
    }
    return found
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

describe('docs/recipes.md', () => {
  const markdown = readFileSync(join(root, 'docs/recipes.md'), 'utf8')
  const blocks = blocksOf(markdown)

  it('has only blocks of TypeScript, and at most 345 lines', () => {
    expect(blocks.length).toBeGreaterThan(15)
    expect(markdown.match(/^```/gm)?.length).toBe(blocks.length * 2)
    expect(markdown.trimEnd().split('\n').length).toBeLessThanOrEqual(345)
  })

  it('type-checks block by block, and a mistake is found', { timeout: 60_000 }, () => {
    const found = complaints(blocks)
    // Mistakes in the sources are the business of `npm run check`.
    const ours = [...found].filter(([file]) => !file.includes('/')).flatMap(([, said]) => said)
    expect(ours.filter(said => !said.startsWith('wrong.ts'))).toEqual([])
    expect(found.get('wrong.ts')?.join()).toContain('queued')
  })
})
