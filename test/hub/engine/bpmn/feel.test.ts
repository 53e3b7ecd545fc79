import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { evaluate } from 'feelin'
import { compileFeel, compileValue } from '../../../../hub/engine/bpmn/feel.ts'
import type { Json, Variables } from '../../../../hub/engine/engine.ts'

const nowMs = (): number => Date.UTC(2026, 0, 31)

function valueOf(text: string, variables: Variables = {}): Json {
  return compileFeel(text).evaluate({ get: (name) => variables[name], nowMs })
}

describe('a FEEL expression', () => {
  it.each<[string, Json]>([
    ['1 + 2 * 3', 7],
    ['0.1 + 0.2', 0.3],
    ['10 / 3', 3.3333333333333335],
    ['1 / 0', null],
    ['-x', -5],
    ['"a" + "b"', 'ab'],
    ['"say \\"hi\\""', 'say "hi"'],
    ['x > 4 and x <= 5', true],
    ['x between 5 and 6', true],
    ['if x = 5 then "five" else "other"', 'five'],
    ['[1, x, 3]', [1, 5, 3]],
    ['{a: x, b: a + 1}', { a: 5, b: 6 }],
    ['payer.party.name', 'Asha'],
    ['payer.nobody.name', null],
    ['refused = true', false],
    ['not(refused)', true],
    ['list contains(["a", "b"], "b")', true],
    ['string(x)', '5'],
    ['is defined(payer.party)', true],
    ['some item in [1, 2] satisfies item > 1', true],
    ['for item in [1, 2] return item * 2', [2, 4]],
    ['x in [1..5]', true],
    ['duration("PT90M")', 'PT1H30M'],
    ['date("2026-01-31") + duration("P1M")', '2026-02-28'],
    ['now() + duration("PT1H")', '2026-01-31T01:00:00Z'],
    ['`payer`.party.name', 'Asha'],
  ])('%s', (text, expected) => {
    const variables = { x: 5, refused: false, payer: { party: { name: 'Asha' } } }
    expect(valueOf(text, variables)).toEqual(expected)
  })

  it.each([
    'missing',
    'missing.x.y',
    'missing > 1',
    'not(missing)',
    'missing and true',
    'string(missing)',
    '"a" + null',
    '1 + "x"',
    'date("nope")',
    '"a" < 1',
    '"a" = 1',
  ])('is null, and no failure: %s', (text) => {
    expect(valueOf(text)).toBeNull()
  })

  it('decides and / or from one side even if the other is null', () => {
    expect(valueOf('missing and false')).toBe(false)
    expect(valueOf('false and missing')).toBe(false)
    expect(valueOf('missing or true')).toBe(true)
    expect(valueOf('missing = null')).toBe(true)
    expect(valueOf('1 != null')).toBe(true)
  })

  it.each(['valid = = true', '1 +', '(1', 'a b c d(', '1e3', ''])(
    'is refused when it is not FEEL: %s',
    (text) => {
      expect(() => compileFeel(text)).toThrow(/is not FEEL/)
    },
  )

  it('gives what feelin gives, for arithmetic, comparisons and logic', () => {
    const infix = (...parts: fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
      fc.tuple(...parts).map((words) => `(${words.join(' ')})`)
    const { number, truth } = fc.letrec<{ number: string; truth: string }>((tie) => ({
      number: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom('a', 'b', '1', '2', '-3'),
        infix(tie('number'), fc.constantFrom('+', '-', '*'), tie('number')),
        infix(fc.constant('if'), tie('truth'), fc.constant('then 1 else 2')),
      ),
      truth: fc.oneof(
        { maxDepth: 3 },
        infix(tie('number'), fc.constantFrom('=', '!=', '<', '<=', '>', '>='), tie('number')),
        infix(tie('truth'), fc.constantFrom('and', 'or'), tie('truth')),
        infix(fc.constant('not'), tie('truth')),
      ),
    }))
    const value = fc.constantFrom(0, 7, -1, 4)
    fc.assert(
      fc.property(fc.oneof(number, truth), value, value, (text, a, b) => {
        const expected: unknown = evaluate(text, { a, b }, 'camunda').value
        if (typeof expected === 'number') expect(valueOf(text, { a, b })).toBeCloseTo(expected, 10)
        else expect(valueOf(text, { a, b })).toEqual(expected)
      }),
      { numRuns: 300 },
    )
  })
})

describe('an attribute', () => {
  it('is FEEL behind an equals sign and text otherwise', () => {
    const scope = { get: () => 'value', nowMs }
    expect(compileValue('= name').evaluate(scope)).toBe('value')
    expect(compileValue('name').evaluate(scope)).toBe('name')
  })
})
