/** This page with a trace in it, as one file that needs nothing else. It asks for nothing over the network. */
import { embeddedId } from '../import/embedded.ts'

const policy =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"

const read = async (address: string): Promise<string> => {
  const answer = await fetch(address)
  if (!answer.ok) throw new Error(`the page could not be read: ${answer.status}`)
  return answer.text()
}

/** The page's own program and style: files beside it, or what stands in an exported page. */
const own = async (): Promise<{ readonly script: string; readonly style: string }> => {
  const script = document.querySelector<HTMLScriptElement>('script[type=module]')
  const link = document.querySelector<HTMLLinkElement>('link[rel=stylesheet]')
  const style = document.querySelector('style')
  return {
    script: script?.src ? await read(script.src) : (script?.textContent ?? ''),
    style: link ? await read(link.href) : (style?.textContent ?? ''),
  }
}

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, one => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[one]!)

/** Nothing in a script ends it. */
const inScript = (code: string): string => code.replace(/<(?=\/script|!--)/gi, '\\x3c')

export const pageWith = async (trace: string, name: string): Promise<string> => {
  const { script, style } = await own()
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width,initial-scale=1">',
    '<meta name="color-scheme" content="dark light">',
    `<title>${escaped(name)}, sipactor inspector</title>`,
    `<style>${style.replaceAll('</', '<\\/')}</style>`,
    '</head>',
    '<body>',
    '<div id="app"></div>',
    `<script type="application/json" id="${embeddedId}" data-name="${escaped(name)}">${trace.replaceAll('<', '\\u003c')}</script>`,
    `<script type="module">${inScript(script)}</script>`,
    '</body>',
    '</html>',
    '',
  ].join('\n')
}
