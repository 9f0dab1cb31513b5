/** What is built, for tests that start the program or import the package by its name. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** Builds the package when its sources are newer. */
export const buildProgram = async (): Promise<void> => {
  const program =
    'import { buildIfStale } from "./scripts/build-if-stale.mjs"; process.exitCode = (await buildIfStale()) ? 1 : 0'
  const build = spawn(process.execPath, ['--input-type=module', '-e', program], {
    cwd: root,
    stdio: 'inherit',
  })
  expect(await new Promise(resolve => build.on('close', resolve))).toBe(0)
}
