/** What the tools of this folder need of bpmn-moddle, beside what the engine needs (hub/engine/bpmn-moddle.d.ts). */
declare module 'bpmn-moddle' {
  interface BpmnModdle {
    toXML(
      element: unknown,
      options: { readonly format: boolean },
    ): Promise<{ readonly xml: string }>
    create(type: string, properties: Readonly<Record<string, unknown>>): unknown
  }
}
