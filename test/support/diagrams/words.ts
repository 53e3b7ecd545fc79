export const nameFontSize = 15
export const nameLineHeight = 18
export const labelFontSize = 13
export const labelLineHeight = 16

/** Widths of letters in a sans-serif font of size 1, close enough to wrap words before they touch an edge. */
const narrow = /[iljtfI.,:;'|! ()]/
const wide = /[mwMW@%]/
const upper = /[A-Z]/

/** How wide a text is drawn, in pixels. Errs on the wide side. */
export function textWidth(text: string, fontSize: number): number {
  return Array.from(text).reduce((sum, letter) => sum + letterWidth(letter), 0) * fontSize
}

/** Splits a text into lines no wider than `widthMax`, at spaces only: a longer word has a line of its own. */
export function wrapWords(text: string, fontSize: number, widthMax: number): readonly string[] {
  const lines: string[] = []
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const last = lines.at(-1)
    const joined = last === undefined ? word : `${last} ${word}`
    if (last !== undefined && textWidth(joined, fontSize) <= widthMax)
      lines[lines.length - 1] = joined
    else lines.push(word)
  }
  return lines
}

function letterWidth(letter: string): number {
  if (narrow.test(letter)) return 0.31
  if (wide.test(letter)) return 0.88
  return upper.test(letter) ? 0.68 : 0.56
}
