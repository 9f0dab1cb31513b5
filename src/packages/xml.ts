/**
 * XML of event bodies, read into plain elements with their namespaces resolved. Nothing is ever fetched or expanded: a
 * document type is refused, and the five entities and the character references of XML itself are all there are.
 */
import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { decodeUtf8, toBinary } from '../message/bytes.ts'
import { isMalformed, malformed } from '../message/malformed.ts'
import type { Malformed } from '../message/types.ts'

/** One element of an XML document. The order of text and children among each other is not kept. */
export interface XmlElement {
  /** Without its prefix. */
  readonly name: string
  /** URI of its namespace; empty without one. */
  readonly namespace: string
  /** By name; those with a prefix as `{namespace}name`, but `xml:lang` as it is written. */
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly XmlElement[]
  /** Its own text without that of its children, white space around it removed. */
  readonly text: string
}

/** Characters of a document, levels of elements, and elements at most; anything beyond is malformed. */
export const xmlLimits = { characters: 262_144, depth: 32, elements: 20_000 } as const

type Raw = Readonly<Record<string, unknown>>
type Scope = ReadonlyMap<string, string>

/** Why a document is none of its type; caught where reading began. */
class Fault extends Error {}

/** Says that a document is none of its type. */
export const fault = (reason: string): never => {
  throw new Fault(reason)
}

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  cdataPropName: '#cdata',
  parseTagValue: false,
  trimValues: false,
  processEntities: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  maxNestedTags: xmlLimits.depth,
  jPath: false,
  // Names become keys of objects that are taken apart at once; they are no properties of anything.
  onDangerousProperty: name => name,
})

const predefined: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
])

const isCharacter = (code: number): boolean =>
  code === 9 ||
  code === 10 ||
  code === 13 ||
  (code >= 0x20 && code <= 0xd7ff) ||
  (code >= 0xe000 && code <= 0xfffd) ||
  (code >= 0x10000 && code <= 0x10ffff)

const reference = (whole: string, name: string): string => {
  if (name[0] !== '#') return predefined.get(name) ?? fault(`${whole} is not defined`)
  const code = name[1] === 'x' ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1))
  return isCharacter(code) ? String.fromCodePoint(code) : fault(`${whole} is no character`)
}

const decode = (text: string): string =>
  text.includes('&') ? text.replaceAll(/&(#x[\da-f]{1,8}|#\d{1,8}|[\w.:-]{1,64});/gi, reference) : text

const xmlNamespace = 'http://www.w3.org/XML/1998/namespace'
const outside: Scope = new Map([['xml', xmlNamespace]])

const split = (name: string): readonly [prefix: string, local: string] => {
  const colon = name.indexOf(':')
  return colon < 0 ? ['', name] : [name.slice(0, colon), name.slice(colon + 1)]
}

/** The namespaces in force within an element. */
const scopeOf = (attributes: readonly (readonly [string, string])[], around: Scope): Scope => {
  let scope: Map<string, string> | undefined
  for (const [name, value] of attributes) {
    if (name !== 'xmlns' && !name.startsWith('xmlns:')) continue
    scope ??= new Map(around)
    scope.set(name.slice(6), value)
  }
  return scope ?? around
}

const attributeName = (name: string, scope: Scope): string => {
  const [prefix, local] = split(name)
  return prefix === '' || prefix === 'xml' ? name : `{${scope.get(prefix) ?? ''}}${local}`
}

interface Count {
  elements: number
}

const elementOf = (raw: Raw, around: Scope, count: Count): XmlElement | undefined => {
  const written = Object.keys(raw).find(key => key !== ':@')
  if (written === undefined || written[0] === '#') return undefined
  count.elements += 1
  if (count.elements > xmlLimits.elements) fault('too many elements')
  const given = Object.entries((raw[':@'] ?? {}) as Record<string, string>).map(
    ([name, value]) => [name.slice(1), decode(value)] as const,
  )
  const scope = scopeOf(given, around)
  const [prefix, name] = split(written)
  const attributes = new Map<string, string>()
  for (const [key, value] of given) {
    if (key !== 'xmlns' && !key.startsWith('xmlns:')) attributes.set(attributeName(key, scope), value)
  }
  const children: XmlElement[] = []
  let text = ''
  for (const item of raw[written] as readonly Raw[]) {
    const cdata = item['#cdata'] as readonly { readonly '#text'?: string }[] | undefined
    if ('#text' in item) text += decode(String(item['#text']))
    else if (cdata) text += cdata.map(part => part['#text'] ?? '').join('')
    else {
      const child = elementOf(item, scope, count)
      if (child) children.push(child)
    }
  }
  return { name, namespace: scope.get(prefix) ?? '', attributes, children, text: text.trim() }
}

const withoutMark = (text: string): string => (text.charCodeAt(0) === 0xfeff ? text.slice(1) : text)

/** Some servers say so, and mean it. */
const isLatin1 = (binary: string): boolean => /^\s*<\?xml[^>]*\sencoding=["']iso-8859-1["']/i.test(binary)

/** The text of a body, which is UTF-8 in every package. */
export const bodyText = (body: string | Uint8Array): string | Malformed => {
  if (typeof body === 'string') return withoutMark(body)
  const binary = toBinary(body)
  const text = decodeUtf8(binary) ?? (isLatin1(binary) ? binary : undefined)
  return text === undefined ? malformed('the body is not UTF-8') : withoutMark(text)
}

const rootOf = (text: string): XmlElement => {
  if (text.length > xmlLimits.characters) fault('the document is too long')
  // Also within a comment: no event body has any use for it.
  if (/<!(?!--|\[CDATA\[)/.test(text)) fault('a document type is not allowed')
  const valid = XMLValidator.validate(text)
  if (valid !== true) fault(valid.err.msg)
  // The one thing that the validator lets pass.
  if (!text.trimEnd().endsWith('>')) fault('there is text behind the root element')
  const roots = (parser.parse(text) as readonly Raw[]).flatMap(
    raw => elementOf(raw, outside, { elements: 0 }) ?? [],
  )
  if (roots.length !== 1) fault('there is no root element, or more than one')
  return roots[0]!
}

/** Reads a body; whatever is wrong with it becomes a `Malformed`. */
export const reading = <T>(body: string | Uint8Array, read: (text: string) => T): T | Malformed => {
  const text = bodyText(body)
  if (isMalformed(text)) return text
  try {
    return read(text)
  } catch (error) {
    // The XML reader has errors of its own; none of them says more than its text.
    return malformed(error instanceof Error ? error.message : 'unreadable')
  }
}

/** Reads an XML body whose root is `name`, in its namespace or, leniently, in none. */
export const readDocument = <T>(
  body: string | Uint8Array,
  name: string,
  namespace: string,
  read: (root: XmlElement) => T,
): T | Malformed =>
  reading(body, text => {
    const root = rootOf(text)
    if (root.name !== name || !isOf(root, namespace)) fault(`the root is no ${name}`)
    return read(root)
  })

const isOf = (element: XmlElement, namespace: string): boolean =>
  element.namespace === namespace || element.namespace === ''

/** The children of that name, in the namespace of their parent. */
export const all = (element: XmlElement, name: string): readonly XmlElement[] =>
  element.children.filter(child => child.name === name && child.namespace === element.namespace)

/** The first of them. */
export const first = (element: XmlElement, name: string): XmlElement | undefined => all(element, name)[0]

/** The children in other namespaces. */
export const foreign = (element: XmlElement): readonly XmlElement[] =>
  element.children.filter(({ namespace }) => namespace !== element.namespace)

/** An attribute that has to be there. */
export const needed = (element: XmlElement, name: string): string =>
  element.attributes.get(name) ?? fault(`${element.name} has no ${name}`)

/** A count or a number of seconds; `undefined` for what is none. */
export const numberOf = (text: string | undefined): number | undefined => {
  if (text === undefined || !/^\d{1,15}$/.test(text.trim())) return undefined
  return Number(text)
}

/** The first of `values` that the text is, whatever its case. */
export const oneOf = <T extends string>(text: string | undefined, values: readonly T[]): T | undefined => {
  const plain = text?.trim().toLowerCase()
  return values.find(value => value === plain)
}

/** The same, where it has to be one of them. */
export const oneNeeded = <T extends string>(element: XmlElement, name: string, values: readonly T[]): T =>
  oneOf(needed(element, name), values) ?? fault(`${name} of ${element.name} is none of ${values.join(', ')}`)

/** Version and kind of a document that tells changes. */
export const versionOf = (root: XmlElement): number =>
  numberOf(needed(root, 'version')) ?? fault('version is no number')
