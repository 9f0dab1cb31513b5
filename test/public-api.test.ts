/**
 * The public surface, pinned: every name that an entry point of package.json exports, with its members and their types,
 * stands in public-api.txt. A change of the surface is a change of that file: UPDATE_PUBLIC_API=1 writes it anew.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  API,
  type Checker,
  ModifierFlags,
  type Symbol as Name,
  SymbolFlags,
  type Type,
} from 'typescript/unstable/sync'
import { afterAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const reportFile = join(root, 'test/public-api.txt')
// TypeFormatFlags.NoTruncation, and .InTypeAlias: an alias is written as what it stands for.
const [whole, expanded] = [1, 1 | 8_388_608]

interface Manifest {
  readonly name: string
  readonly exports: Readonly<Record<string, string | { readonly types: string }>>
}

/** `[public name, source file]` of every entry point with types. */
const entryPoints = (): readonly (readonly [name: string, file: string])[] => {
  const { name, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest
  return Object.entries(exports).flatMap(([path, target]) => {
    if (typeof target === 'string') return []
    const source = target.types.replace('./dist/', '').replace('.d.ts', '.ts')
    return [[path.replace('.', name), join(root, source)] as const]
  })
}

const api = new API({ cwd: root })
afterAll(() => api.close())
const project = api.updateSnapshot({ openProjects: [join(root, 'tsconfig.test.json')] }).getProjects()[0]!
const { checker, program } = project

const original = (name: Name, from: Checker): Name =>
  name.flags & SymbolFlags.Alias ? from.getAliasedSymbol(name) : name

const exportsOf = (file: string): readonly (readonly [name: string, meaning: Name])[] => {
  const source = program.getSourceFile(file)
  const module = source && checker.getSymbolAtLocation(source)
  if (!module) throw new Error(`${file} is no module of the project`)
  return checker
    .getExportsOfModule(module)
    .map(name => [name.name, original(name, checker)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

/** Paths of this machine do not belong into the report, and inferred machine types say nothing to a reader. */
const plain = (type: string): string => {
  if (type.startsWith('StateMachine<')) return 'StateMachine'
  return type.replace(/import\("[^"]*"\)\./g, '').replace(/\s+/g, ' ')
}

const isPublic = (member: Name): boolean => {
  if (member.name.startsWith('__#')) return false
  if (member.name.startsWith('__@')) return member.name.startsWith('__@asyncDispose')
  const declaration = (member.valueDeclaration ?? member.declarations[0])?.resolve() as
    | { readonly modifierFlags?: number }
    | undefined
  return ((declaration?.modifierFlags ?? 0) & (ModifierFlags.Private | ModifierFlags.Protected)) === 0
}

const propertiesOf = (owner: Type): readonly string[] =>
  checker
    .getPropertiesOfType(owner)
    .filter(isPublic)
    .map(member => {
      const name = member.name.startsWith('__@') ? '[Symbol.asyncDispose]' : member.name
      const optional = member.flags & SymbolFlags.Optional ? '?' : ''
      const type = checker.getTypeOfSymbol(member)
      return `${name}${optional}: ${plain(type ? checker.typeToString(type, undefined, whole) : 'unknown')}`
    })

const memberLines = (owner: Name): readonly string[] =>
  propertiesOf(checker.getDeclaredTypeOfSymbol(owner))
    .map(line => `    ${line}`)
    .sort()

/** A type that is an intersection by its properties: the names of its parts say nothing, where they are not public. */
const spelled = (type: Type): string => {
  const text = plain(checker.typeToString(type, undefined, expanded))
  if (!text.includes(' & ')) return text
  if (type.isUnionType()) return type.getTypes().map(spelled).join(' | ')
  if (!type.isIntersectionType() || checker.getPropertiesOfType(type).length === 0) return text
  return `{ ${propertiesOf(type).join('; ')}; }`
}

const describeName = (name: string, meaning: Name): string => {
  const { flags } = meaning
  if (flags & SymbolFlags.Class) return [`  class ${name}`, ...memberLines(meaning)].join('\n')
  if (flags & SymbolFlags.Interface) return [`  interface ${name}`, ...memberLines(meaning)].join('\n')
  if (flags & SymbolFlags.TypeAlias) {
    return `  type ${name} = ${spelled(checker.getDeclaredTypeOfSymbol(meaning))}`
  }
  const type = checker.getTypeOfSymbol(meaning)
  return `  const ${name}: ${plain(type ? checker.typeToString(type, undefined, whole) : 'unknown')}`
}

describe.each(entryPoints())('%s', (entry, file) => {
  it('has a doc comment on every exported name', () => {
    const undocumented = exportsOf(file)
      .filter(([, meaning]) => checker.getDocumentationCommentOfSymbol(meaning).trim() === '')
      .map(([name]) => name)
    expect(undocumented, `${entry} exports names that nobody explains`).toEqual([])
  })
})

describe('the public surface', () => {
  it('is the one of public-api.txt', () => {
    const report = entryPoints()
      .map(([entry, file]) =>
        [entry, ...exportsOf(file).map(([name, meaning]) => describeName(name, meaning))].join('\n'),
      )
      .join('\n\n')
    if (process.env.UPDATE_PUBLIC_API) writeFileSync(reportFile, `${report}\n`)
    expect(`${report}\n`).toBe(readFileSync(reportFile, 'utf8'))
  })
})
