/** The prebuilt page, served from the package: files that are there, nothing else. */
import { existsSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { fileURLToPath } from 'node:url'
import sirv from 'sirv'

/** Where the page is: beside what is built, whether this runs from there or from the sources. */
export const pageFolder = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../../dist/visualizer/' : '../../visualizer/', import.meta.url),
)

const missing = `This copy of sipactor has no page of the inspector.
Installed as a package: install it again, for the page is part of every complete one.
In a clone of the sources: npm run build
Without a page: sipactor trace --attach, and --record with sipactor trace --file, show the same in a terminal.
`

export type ServePage = (request: IncomingMessage, response: ServerResponse, path: string) => void

/** Answers for the files of a folder; what is no file of it is not found. */
export const servePage = (folder = pageFolder): ServePage => {
  if (!existsSync(folder))
    return (_request, response) => {
      response.writeHead(503, { 'Content-Type': 'text/plain; charset=utf-8' }).end(missing)
    }
  const serve = sirv(folder, { etag: false, dotfiles: false, extensions: ['html'] })
  return (request, response, path) => {
    request.url = path
    serve(request, response, () => void response.writeHead(404).end())
  }
}
