/** XML of event bodies: namespaces, entities, limits, and nothing that harms. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isMalformed } from '../../src/message/index.ts'
import {
  formatPidf,
  type PresenceDocument,
  parsePidf,
  type XmlElement,
  xmlLimits,
} from '../../src/packages/index.ts'
import { good, reasonOf } from './support.ts'

const pidf = 'urn:ietf:params:xml:ns:pidf'
const open = (inner: string, attributes = '') =>
  `<presence xmlns="${pidf}" entity="sip:a@b"${attributes}>${inner}</presence>`
const noteOf = (text: string) => good(parsePidf(open(`<note>${text}</note>`))).notes[0]?.text

describe('namespaces', () => {
  it('finds elements whatever their prefix is', () => {
    const written = `<p:presence xmlns:p="${pidf}" entity="sip:a@b"><p:tuple id="t"><p:status><p:basic>open</p:basic></p:status></p:tuple></p:presence>`
    expect(good(parsePidf(written)).tuples).toEqual([
      { id: 't', status: 'open', notes: [], statusExtensions: [], extensions: [] },
    ])
  })

  it('is lenient about a document that declares none', () => {
    expect(good(parsePidf('<presence entity="sip:a@b"><note>x</note></presence>')).notes).toEqual([
      { text: 'x' },
    ])
  })

  it('takes no element of another namespace for its own', () => {
    const { notes, extensions } = good(parsePidf(open('<x:note xmlns:x="urn:x">no</x:note><note>yes</note>')))
    expect([notes, extensions.map(({ name, namespace, text }) => [name, namespace, text])]).toEqual([
      [{ text: 'yes' }],
      [['note', 'urn:x', 'no']],
    ])
  })

  it('knows inner declarations, and what a prefix means where it stands', () => {
    const { extensions } = good(
      parsePidf(open('<x:a xmlns:x="urn:1"><x:b xmlns:x="urn:2" x:c="d" e="f" xml:lang="de"/><x:g/></x:a>')),
    )
    const [a] = extensions as [XmlElement]
    expect(a.children.map(({ name, namespace }) => [name, namespace])).toEqual([
      ['b', 'urn:2'],
      ['g', 'urn:1'],
    ])
    expect([...a.children[0]!.attributes]).toEqual([
      ['{urn:2}c', 'd'],
      ['e', 'f'],
      ['xml:lang', 'de'],
    ])
  })

  it('refuses a root of another name or namespace', () => {
    expect(reasonOf(parsePidf('<other/>'))).toBe('the root is no presence')
    expect(reasonOf(parsePidf('<presence xmlns="urn:other" entity="sip:a@b"/>'))).toBe(
      'the root is no presence',
    )
  })
})

describe('entities', () => {
  it.each([
    ['a &amp; b &lt;c&gt; &quot;&apos;', `a & b <c> "'`],
    ['&#65;&#x42;&#x1F600;', 'AB😀'],
    ['&amp;lt;', '&lt;'],
    ['<![CDATA[<b> & &amp;]]> x', '<b> & &amp; x'],
    ['a<!-- not this -->b', 'ab'],
    ['é', 'é'],
  ])('reads %s', (written, text) => expect(noteOf(written)).toBe(text))

  it.each([
    ['&#0;', '&#0; is no character'],
    ['&#xD800;', '&#xD800; is no character'],
    ['&#x110000;', '&#x110000; is no character'],
    ['&copy;', '&copy; is not defined'],
  ])('refuses %s', (written, reason) =>
    expect(reasonOf(parsePidf(open(`<note>${written}</note>`)))).toBe(reason),
  )

  it.each([
    `<!DOCTYPE presence [<!ENTITY a "b">]>${open('<note>&a;</note>')}`,
    `<!DOCTYPE presence SYSTEM "http://192.0.2.1/x.dtd">${open('')}`,
    `<!doctype presence>${open('')}`,
    `<!ENTITY a SYSTEM "file:///etc/passwd">${open('')}`,
    open('<!DOCTYPE x>'),
  ])('refuses a document type: %s', written =>
    expect(reasonOf(parsePidf(written))).toBe('a document type is not allowed'),
  )

  it('reads a billion laughs as nothing at all', () => {
    const lines = Array.from({ length: 10 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`)
    expect(isMalformed(parsePidf(`<!DOCTYPE l [<!ENTITY l0 "x">${lines.join('')}]>${open('&l10;')}`))).toBe(
      true,
    )
  })
})

describe('limits', () => {
  it('reads what is at a limit, and refuses what is beyond it', () => {
    const deep = (levels: number) => open(`${'<x>'.repeat(levels)}${'</x>'.repeat(levels)}`)
    expect(isMalformed(parsePidf(deep(xmlLimits.depth - 2)))).toBe(false)
    expect(isMalformed(parsePidf(deep(xmlLimits.depth + 2)))).toBe(true)
    expect(isMalformed(parsePidf(deep(20_000)))).toBe(true)
    expect(isMalformed(parsePidf(open('<x/>'.repeat(xmlLimits.elements - 1))))).toBe(false)
    expect(reasonOf(parsePidf(open('<x/>'.repeat(xmlLimits.elements))))).toBe('too many elements')
    expect(reasonOf(parsePidf(open('x'.repeat(xmlLimits.characters))))).toBe('the document is too long')
  })
})

describe('names that mean something to JavaScript', () => {
  it.each(['constructor', 'prototype', 'hasOwnProperty', 'toString', '__proto__'])(
    'is not harmed by %s',
    name => {
      parsePidf(open(`<${name}>x</${name}>`))
      parsePidf(open(`<x ${name}="y"/>`))
      const { tuples } = good(parsePidf(open(`<tuple id="${name}"><status/></tuple>`)))
      expect(tuples[0]!.id).toBe(name)
      expect('x' in {}).toBe(false)
      expect(Object.keys(Object.prototype)).toEqual([])
    },
  )
})

describe('what is no XML', () => {
  it.each([
    '',
    'open',
    '<presence',
    '<presence entity="a">',
    '<presence entity="a"></other>',
    '</presence>',
    '<presence entity="a"/><presence entity="b"/>',
    '<presence entity="a"/>tail',
    '<presence entity=a/>',
    '<presence entity="a" entity="b"/>',
    '<!-- nothing else -->',
    '<presence entity="a"><!-- open </presence>',
    '<presence entity="a"><![CDATA[ open </presence>',
  ])('is malformed: %s', written => expect(isMalformed(parsePidf(written))).toBe(true))

  it('is malformed when it is not UTF-8', () => {
    expect(reasonOf(parsePidf(new Uint8Array([0x3c, 0xff, 0xfe])))).toBe('the body is not UTF-8')
  })

  it('may begin with a byte order mark', () => {
    const bytes = new TextEncoder().encode(`\ufeff<?xml version="1.0"?>${open('')}`)
    expect(good(parsePidf(bytes)).entity).toBe('sip:a@b')
  })
})

/** Characters that XML can hold, those of markup often. */
const text = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom('<', '>', '&', '"', "'", '\r', '\n', '\t', ' ', ']', '-'),
      fc.string({ unit: 'binary', maxLength: 1, minLength: 1 }),
    ),
  })
  .map(given => given.replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, ''))
const word = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/)
const element: fc.Arbitrary<XmlElement> = fc.letrec<{ element: XmlElement }>(tie => ({
  element: fc.record({
    name: word,
    namespace: word.map(name => `urn:${name}`),
    attributes: fc
      .uniqueArray(
        fc.tuple(
          fc.oneof(
            word.filter(name => name !== 'xmlns'),
            fc.tuple(word, word).map(([n, l]) => `{urn:${n}}${l}`),
          ),
          text,
        ),
        {
          selector: ([name]) => name,
          maxLength: 3,
        },
      )
      .map(pairs => new Map(pairs) as ReadonlyMap<string, string>),
    children: fc.oneof({ maxDepth: 3 }, fc.constant([]), fc.array(tie('element'), { maxLength: 2 })),
    text: text.map(given => given.trim()),
  }),
})).element

describe('writing and reading', () => {
  const documents: fc.Arbitrary<PresenceDocument> = fc.record({
    entity: text,
    tuples: fc.constant([]),
    notes: fc.array(fc.record({ text: text.map(given => given.trim()) }), { maxLength: 3 }),
    extensions: fc.array(element, { maxLength: 2 }),
  })

  it('gives back what was written, whatever it holds', () => {
    fc.assert(
      fc.property(documents, document => {
        expect(parsePidf(formatPidf(document))).toEqual(document)
      }),
      { numRuns: 200 },
    )
  })

  it('refuses what XML cannot hold', () => {
    const empty = { tuples: [], notes: [], extensions: [] }
    for (const entity of ['\u0000', '\u001b', '\ud800', '\udc00', '\uffff'])
      expect(() => formatPidf({ ...empty, entity })).toThrow(expect.objectContaining({ code: 'argument' }))
    const extension = {
      name: 'a b',
      namespace: 'urn:x',
      attributes: new Map<string, string>(),
      children: [],
      text: '',
    }
    expect(() => formatPidf({ ...empty, entity: 'a', extensions: [extension] })).toThrow(
      expect.objectContaining({ code: 'argument' }),
    )
  })

  it('never throws at what comes, and never takes long', () => {
    const good = formatPidf({
      entity: 'sip:a@b',
      tuples: [
        {
          id: 'a',
          status: 'open',
          contact: 'sip:a@c',
          priority: 0.5,
          notes: [],
          statusExtensions: [],
          extensions: [],
        },
      ],
      notes: [{ text: 'x', language: 'en' }],
      extensions: [],
    })
    const parts = [
      ...good.match(/<[^>]*>|[^<]+/g)!,
      '<',
      '>',
      '&',
      '"',
      '<!',
      '<![CDATA[',
      ']]>',
      '<!--',
      '-->',
      '<?',
      '?>',
      '\0',
    ]
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(...parts), fc.string()), { maxLength: 40 }), pieces => {
        const result = parsePidf(pieces.join(''))
        expect(isMalformed(result) || typeof result.entity === 'string').toBe(true)
      }),
      { numRuns: 1000 },
    )
    fc.assert(
      fc.property(
        fc.nat({ max: good.length }),
        fc.nat({ max: good.length }),
        fc.string(),
        (from, to, middle) => {
          const result = parsePidf(good.slice(0, from) + middle + good.slice(to))
          expect(isMalformed(result) || typeof result.entity === 'string').toBe(true)
        },
      ),
      { numRuns: 1000 },
    )
  })
})
