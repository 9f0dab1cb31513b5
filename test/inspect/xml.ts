/** Just enough of an XML parser to tell whether something is well-formed. It throws where it is not. */

export interface Element {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  text: string
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

const resolve = (text: string): string =>
  text.replace(/&([^;&]*;?)/g, (whole, name: string) => {
    const known = name.endsWith(';') ? entities[name.slice(0, -1)] : undefined
    if (known === undefined) throw new Error(`${whole} is no entity`)
    return known
  })

export class XMLParser {
  readonly elements: Element[] = []

  constructor(source: string) {
    // Characters that XML 1.0 §2.2 does not have.
    if (/[^\t\n\r\x20-\ud7ff\ue000-\ufffd]/.test(source))
      throw new Error('a character that XML does not have')
    const open: Element[] = []
    const pattern = /<(\/?)([A-Za-z][\w:-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/gy
    let at = 0
    for (let match = pattern.exec(source); match; match = pattern.exec(source)) {
      at = pattern.lastIndex
      const [, closing, name = '', attributes = '', alone, text] = match
      if (text !== undefined) {
        if (text.includes(']]>')) throw new Error(']]> in text')
        const top = open.at(-1)
        if (top) top.text += resolve(text)
        else if (text.trim() !== '') throw new Error('text outside of the root')
      } else if (closing) {
        if (open.pop()?.name !== name) throw new Error(`</${name}> closes nothing`)
      } else {
        const pairs = [...attributes.matchAll(/([\w:-]+)="([^"]*)"/g)].map(
          ([, key = '', value = '']) => [key, resolve(value)] as const,
        )
        const element = { name, attributes: new Map(pairs), text: '' }
        if (element.attributes.size !== pairs.length) throw new Error('an attribute twice')
        this.elements.push(element)
        if (!alone) open.push(element)
      }
    }
    if (at !== source.length) throw new Error(`not well-formed at ${at}: ${source.slice(at, at + 40)}`)
    if (open.length > 0) throw new Error('elements are left open')
  }
}
