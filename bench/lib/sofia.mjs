/** The programs in C that use Sofia-SIP, compiled when the machine has its headers. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const output = (command, args) => {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  return { good: status === 0, text: (stdout ?? '').trim(), error: (stderr ?? '').trim() }
}

/**
 * The path of a program of bench/servers/, compiled where it is missing or old: `{ path }`, or `{ reason }` for a
 * machine without libsofia-sip-ua-dev, gcc or pkg-config.
 */
export const sofiaProgram = name => {
  const flags = output('pkg-config', ['--cflags', '--libs', 'sofia-sip-ua'])
  if (!flags.good) return { reason: 'needs libsofia-sip-ua-dev, pkg-config and gcc' }
  const source = fileURLToPath(new URL(`../servers/${name}.c`, import.meta.url))
  const folder = fileURLToPath(new URL('../node_modules/.cache/', import.meta.url))
  const path = `${folder}${name}`
  if (existsSync(path) && statSync(path).mtimeMs > statSync(source).mtimeMs) return { path }
  mkdirSync(folder, { recursive: true })
  const built = output('gcc', ['-O2', '-o', path, source, ...flags.text.split(/\s+/)])
  return built.good ? { path } : { reason: `gcc: ${built.error.split('\n')[0]}` }
}
