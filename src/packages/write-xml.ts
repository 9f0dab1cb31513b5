/** XML of event bodies, written. Every text is escaped, and what XML cannot hold is refused. */
import { SipError } from '../errors.ts'
import type { XmlElement } from './xml.ts'

/** An element to be written; `false` and `undefined` among its parts are passed over. */
export interface Node {
  readonly name: string
  readonly attributes: Attributes
  readonly content: readonly (Node | XmlElement)[]
  readonly text: string
}

type Attributes = Readonly<Record<string, string | number | boolean | undefined>>
type Part = Node | XmlElement | undefined | false

// What XML 1.0 cannot hold, not even as references.
const impossible =
  /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
  '\n': '&#10;',
  '\t': '&#9;',
}

const escaped = (text: string, which: RegExp): string => {
  if (impossible.test(text)) throw new SipError('argument', 'a text has a character that XML cannot hold')
  return text.replaceAll(which, one => escapes[one]!)
}

const nameOf = (name: string): string => {
  if (!/^[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?$/.test(name))
    throw new SipError('argument', `${name} is no name of XML`)
  return name
}

const attribute = (name: string, value: string): string =>
  ` ${nameOf(name)}="${escaped(value, /[&<>"\r\n\t]/g)}"`

/** An element in the namespace of its document. */
export const node = (
  name: string,
  attributes: Attributes = {},
  content: readonly Part[] = [],
  text = '',
): Node => ({
  name,
  attributes,
  content: content.filter(part => part !== undefined && part !== false),
  text,
})

/** An element with a text alone; nothing without one. */
export const leaf = (name: string, text: string | number | boolean | undefined): Node | undefined =>
  text === undefined ? undefined : node(name, {}, [], String(text))

const isRead = (part: Node | XmlElement): part is XmlElement => 'namespace' in part

/** An element as it was read: its namespace, and those of its attributes, are declared on the spot. */
const attributesOf = ({ attributes, namespace }: XmlElement): string => {
  let out = attribute('xmlns', namespace)
  let count = 0
  for (const [key, value] of attributes) {
    const clark = /^\{([^}]*)\}(.+)$/.exec(key)
    if (!clark) out += attribute(key, value)
    else if (clark[1] !== '') {
      count += 1
      out += attribute(`xmlns:n${count}`, clark[1]!) + attribute(`n${count}:${clark[2]!}`, value)
    }
  }
  return out
}

const write = (part: Node | XmlElement): string => {
  const head = isRead(part)
    ? attributesOf(part)
    : Object.entries(part.attributes)
        .map(([name, value]) => (value === undefined ? '' : attribute(name, String(value))))
        .join('')
  const inner =
    escaped(part.text, /[&<>\r]/g) + (isRead(part) ? part.children : part.content).map(write).join('')
  return inner === ''
    ? `<${nameOf(part.name)}${head}/>`
    : `<${nameOf(part.name)}${head}>${inner}</${part.name}>`
}

/** The document of a root element. */
export const writeDocument = (root: Node): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\r\n${write(root)}\r\n`
