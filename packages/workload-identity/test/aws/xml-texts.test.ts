import { describe, expect, it } from 'vitest'
import { xmlTexts } from '../../src/aws/xml-texts.js'

const of = (document: string) => Object.fromEntries(xmlTexts(document) ?? [['', 'malformed']])

it('xmlTexts() reads the texts of leaves by path, with entities and without the declaration', () => {
  const document = `\ufeff<?xml version="1.0"?>
    <A xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
      <B><C>a&amp;&lt;&#62;&#x27;&quot;&apos;</C><D/><E a="b">  x </E></B>
    </A>\n`
  expect(of(document)).toEqual({ 'A/B/C': "a&<>'\"'", 'A/B/D': '', 'A/B/E': '  x ' })
})

describe('xmlTexts() does not read', () => {
  it.each<[string, string]>([
    ['nothing', ''],
    ['whitespace', ' \n'],
    ['text', 'abc'],
    ['a text before the root', 'abc<A>b</A>'],
    ['a text after the root', '<A>b</A>c'],
    ['two roots', '<A>b</A><A>b</A>'],
    ['a document that is cut off', '<A><B>b</B>'],
    ['a tag that is cut off', '<A><B'],
    ['ends in another order', '<A><B>b</A></B>'],
    ['an end without a start', '</A>'],
    ['a text beside an element', '<A>x<B>b</B></A>'],
    ['a text after an element', '<A><B>b</B>x</A>'],
    ['an element twice', '<A><B>b</B><B>c</B></A>'],
    ['an empty element twice', '<A><B/><B/></A>'],
    ['an element with elements twice', '<A><B><C>d</C></B><B><D>e</D></B></A>'],
    ['an element with and without elements', '<A><B><C>d</C></B><B/></A>'],
    ['an element of another name space', '<A><s:B>c</s:B></A>'],
    ['a comment', '<A><B>b<!-- c --></B></A>'],
    ['CDATA', '<A><B><![CDATA[b]]></B></A>'],
    ['a DTD', '<!DOCTYPE A [<!ENTITY e SYSTEM "file:///etc/passwd">]><A>&e;</A>'],
    ['an entity that XML does not have', '<A>&e;</A>'],
    ['an entity without an end', '<A>a & b</A>'],
    ['a character that Unicode does not have', '<A>&#x110000;</A>'],
    ['a declaration inside', '<A><?b?>c</A>'],
    ['a name that begins with a digit', '<A><1 2/></A><'],
    ['too many levels', `${'<A>'.repeat(9)}b${'</A>'.repeat(9)}`],
    ['a name of a million letters', `<${'A'.repeat(1_000_000)}>b</A>`],
  ])('%s', (_, document) => {
    expect(xmlTexts(document)).toBeUndefined()
  })

  it.each<[string, string]>([
    ['starts', '<A>'.repeat(300_000)],
    ['entities', `<A>${'&'.repeat(1_000_000)}</A>`],
    ['open brackets', '<'.repeat(1_000_000)],
  ])('a million %s, and does not take long over it', (_, document) => {
    // With a square of the length, it takes minutes.
    expect(xmlTexts(document)).toBeUndefined()
  })
})
