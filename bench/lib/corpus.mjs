/** The ten messages that every parser and serializer is given. */
import { readdirSync, readFileSync } from 'node:fs'

const folder = new URL('../corpus/', import.meta.url)

/** Full paths, for programs in other languages. */
export const corpusFiles = readdirSync(folder)
  .filter(name => name.endsWith('.sip'))
  .toSorted()
  .map(name => new URL(name, folder))

/** `{ name, bytes }` of each. */
export const corpus = corpusFiles.map(url => ({
  name: decodeURIComponent(url.pathname.split('/').at(-1)),
  bytes: readFileSync(url),
}))
