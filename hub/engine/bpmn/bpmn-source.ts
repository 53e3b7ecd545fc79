import { BpmnModdle } from 'bpmn-moddle'
import zeebeExtensions from 'zeebe-bpmn-moddle/resources/zeebe.json' with { type: 'json' }

/** An element of the XML tree. Attributes and children are read with the functions below. */
export type XmlElement = { readonly $type: string; readonly [property: string]: unknown }

/** A file that cannot be deployed; the message is a sentence that names the file and the element. */
export class InvalidProcess extends Error {
  override readonly name = 'InvalidProcess'
}

/** Parses a .bpmn file with its Zeebe extensions. Throws InvalidProcess for what is not BPMN. */
export async function readBpmn(name: string, xml: string): Promise<XmlElement> {
  const { rootElement, warnings } = await parse(name, xml)
  const problem = warnings[0]
  if (problem !== undefined) {
    throw new InvalidProcess(
      `${name} is not valid BPMN: ${problem.message.replaceAll(/\s+/g, ' ')}`,
    )
  }
  if (!isXmlElement(rootElement)) throw new InvalidProcess(`${name} has no definitions`)
  return rootElement
}

async function parse(name: string, xml: string): ReturnType<BpmnModdle['fromXML']> {
  try {
    return await new BpmnModdle({ zeebe: zeebeExtensions }).fromXML(xml)
  } catch (error) {
    const reason = error instanceof Error ? error.message.replaceAll(/\s+/g, ' ') : String(error)
    throw new InvalidProcess(`${name} is not valid BPMN: ${reason}`, { cause: error })
  }
}

/** The children under a property, of one type if one is given. */
export function childrenOf(
  element: XmlElement,
  property: string,
  type?: string,
): readonly XmlElement[] {
  const value = element[property]
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  return list.filter(isXmlElement).filter((child) => type === undefined || child.$type === type)
}

/** The only child under a property, a reference included. */
export function childOf(element: XmlElement, property: string): XmlElement | undefined {
  return childrenOf(element, property)[0]
}

/** The zeebe:… extension of an element. */
export function extensionOf(element: XmlElement, type: string): XmlElement | undefined {
  const extensions = childOf(element, 'extensionElements')
  return extensions && childrenOf(extensions, 'values', `zeebe:${type}`)[0]
}

/** An attribute, or the text of a child such as a condition; undefined if it is absent. */
export function textOf(element: XmlElement | undefined, property: string): string | undefined {
  const value = element?.[property]
  if (typeof value === 'string') return value
  if (typeof value === 'boolean' || typeof value === 'number') return String(value)
  if (!isXmlElement(value)) return undefined
  return typeof value['body'] === 'string' ? value['body'] : undefined
}

/** The id of an element; '' for the few that have none. */
export function idOf(element: XmlElement | undefined): string {
  return textOf(element, 'id') ?? ''
}

function isXmlElement(value: unknown): value is XmlElement {
  return typeof value === 'object' && value !== null && '$type' in value
}
