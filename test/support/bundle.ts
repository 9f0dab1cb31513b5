/** Bundles TypeScript for browsers, as the tool of an application does. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { build } from 'vite'

export interface Chunk {
  readonly fileName: string
  readonly isEntry: boolean
  readonly code: string
  readonly imports: readonly string[]
  readonly dynamicImports: readonly string[]
}

/** The path of one of our sources, as an import of a bundled program has it. */
export const source = (path: string): string =>
  JSON.stringify(resolve(import.meta.dirname, '../../src', path))

/** The chunks of a program; the entry is `entry.js`. */
export const bundle = async (program: string): Promise<readonly Chunk[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'sipactor-bundle-'))
  try {
    writeFileSync(join(folder, 'entry.ts'), program)
    const built = await build({
      root: folder,
      configFile: false,
      logLevel: 'silent',
      build: {
        write: false,
        minify: true,
        target: 'es2022',
        lib: { entry: join(folder, 'entry.ts'), formats: ['es'], fileName: () => 'entry.js' },
      },
    })
    const [one] = [built].flat()
    if (!one || !('output' in one)) throw new Error('vite built nothing')
    return one.output.flatMap(item => (item.type === 'chunk' ? [item] : []))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
