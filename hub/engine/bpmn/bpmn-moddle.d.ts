/** The one door of bpmn-moddle that is used; the package has types for its elements only. */
declare module 'bpmn-moddle' {
  export class BpmnModdle {
    constructor(extensions: { readonly [prefix: string]: unknown })
    fromXML(xml: string): Promise<{
      readonly rootElement: unknown
      readonly warnings: readonly { readonly message: string }[]
    }>
  }
}
