/** The hosts file of the machine, which goes before DNS. Its names have to work whichever DNS servers are asked. */
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { familyOf } from './address.ts'

const defaultPath = (): string =>
  process.platform === 'win32'
    ? join(process.env.SystemRoot ?? 'C:\\Windows', 'System32', 'drivers', 'etc', 'hosts')
    : '/etc/hosts'

/** Names in lower case, each with its addresses in the order of the file. */
export const parseHosts = (text: string): Map<string, string[]> => {
  const names = new Map<string, string[]>()
  for (const line of text.split('\n')) {
    const comment = line.indexOf('#')
    const [address, ...rest] = (comment < 0 ? line : line.slice(0, comment)).split(/\s/).filter(Boolean)
    if (address === undefined || familyOf(address) === 0) continue
    for (const name of rest) {
      const key = name.toLowerCase()
      const known = names.get(key)
      if (!known) names.set(key, [address])
      else if (!known.includes(address)) known.push(address)
    }
  }
  return names
}

/** Looks names up in the hosts file; read anew when the file has changed. No file, no names. */
export const hostsFile = (path = defaultPath()): ((name: string) => Promise<readonly string[]>) => {
  let read = Number.NaN
  let names = new Map<string, string[]>()
  return async name => {
    try {
      const { mtimeMs } = await stat(path)
      if (mtimeMs !== read) {
        names = parseHosts(await readFile(path, 'utf8'))
        read = mtimeMs
      }
    } catch {
      names = new Map()
    }
    return names.get(name.toLowerCase()) ?? []
  }
}
