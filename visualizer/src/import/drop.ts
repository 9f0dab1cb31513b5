/** Files dropped on the page. */
import { readFile } from './read.ts'

export const listenForFiles = (): void => {
  const mark = (on: boolean) => document.getElementById('app')?.classList.toggle('dropping', on)
  addEventListener('dragover', event => {
    event.preventDefault()
    mark(true)
  })
  addEventListener('dragleave', event => {
    if (!event.relatedTarget) mark(false)
  })
  addEventListener('drop', event => {
    event.preventDefault()
    mark(false)
    const [file] = event.dataTransfer?.files ?? []
    if (file) void readFile(file)
  })
}
