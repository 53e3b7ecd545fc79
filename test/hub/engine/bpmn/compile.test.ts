import { describe, expect, it } from '@jest/globals'
import { compileBpmn } from '../../../../hub/engine/bpmn/compile.ts'

const definitions = (content: string, rest = ''): string => `<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="x">
<bpmn:process id="p" isExecutable="true">${content}</bpmn:process>${rest}
</bpmn:definitions>`

const start = '<bpmn:startEvent id="s"/>'
const flow = (from: string, to: string, condition = ''): string =>
  `<bpmn:sequenceFlow id="${from}-${to}" sourceRef="${from}" targetRef="${to}">${condition}</bpmn:sequenceFlow>`

describe('a diagram', () => {
  it('becomes a list of elements, whose flows come in reverse order of the document', async () => {
    const [process] = await compileBpmn(
      'x.bpmn',
      definitions(
        `${start}<bpmn:parallelGateway id="g"/><bpmn:endEvent id="a"/><bpmn:endEvent id="b"/>` +
          flow('s', 'g') +
          flow('g', 'a') +
          flow('g', 'b'),
      ),
    )
    expect(process?.elements.map(({ id, kind }) => [id, kind])).toEqual([
      ['p', 'PROCESS'],
      ['s', 'START_EVENT'],
      ['g', 'PARALLEL_GATEWAY'],
      ['a', 'END_EVENT'],
      ['b', 'END_EVENT'],
    ])
    expect(process?.elements[2]?.outgoing.map(({ id }) => id)).toEqual(['g-b', 'g-a'])
  })

  it.each([
    ['<no-xml', '', /x\.bpmn is not valid BPMN/],
    ['', '', /no start event/],
    [`${start}<bpmn:serviceTask id="t"/>`, '', /'t' has no task definition/],
    [
      `${start}<bpmn:serviceTask id="t"><bpmn:extensionElements><zeebe:taskDefinition/></bpmn:extensionElements></bpmn:serviceTask>`,
      '',
      /ServiceTask 't': its task definition has no type/,
    ],
    [`${start}${flow('s', 'nowhere')}`, '', /nowhere/],
    [`${start}<bpmn:receiveTask id="r"/>`, '', /ReceiveTask 'r': it names no message/],
    [
      `${start}<bpmn:receiveTask id="r" messageRef="m"/>`,
      '<bpmn:message id="m" name="m"/>',
      /'r' waits for a message that has no correlation key/,
    ],
    [
      `${start}<bpmn:intermediateCatchEvent id="c"><bpmn:timerEventDefinition><bpmn:timeDuration>10s</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>`,
      '',
      /'c': invalid duration '10s'/,
    ],
    [
      `${start}<bpmn:exclusiveGateway id="g"/><bpmn:endEvent id="a"/><bpmn:endEvent id="b"/>${flow('g', 'a')}${flow('g', 'b')}`,
      '',
      /'g' has a flow 'g-b' without a condition/,
    ],
    [
      `${start}<bpmn:endEvent id="a"/>${flow('s', 'a', '<bpmn:conditionExpression>= x = = 1</bpmn:conditionExpression>')}`,
      '',
      /'s-a': .* is not FEEL/,
    ],
    [
      `${start}<bpmn:inclusiveGateway id="g"/>${flow('s', 'g')}<bpmn:task id="t"/>${flow('t', 'g')}`,
      '',
      /'g' joins several flows/,
    ],
    [
      `${start}<bpmn:intermediateThrowEvent id="c"><bpmn:escalationEventDefinition/></bpmn:intermediateThrowEvent>`,
      '',
      /'c': a EscalationEventDefinition is not supported/,
    ],
    [
      `${start}<bpmn:complexGateway id="g"/>`,
      '',
      /'g' is a COMPLEX_GATEWAY, which is not supported/,
    ],
    [`${start}<bpmn:callActivity id="c"/>`, '', /'c': it does not say which process it calls/],
    [`${start}<bpmn:subProcess id="u"/>`, '', /'u' has no none start event/],
  ])('is refused with a sentence that names the place: %#', async (content, rest, reason) => {
    await expect(compileBpmn('x.bpmn', definitions(content, rest))).rejects.toThrow(reason)
  })

  it('without an executable process is refused', async () => {
    const xml = definitions(start).replace('isExecutable="true"', '')
    await expect(compileBpmn('x.bpmn', xml)).rejects.toThrow('x.bpmn has no executable process')
  })
})
