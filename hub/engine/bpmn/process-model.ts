import type { Expression } from './feel.ts'
import type { TimerKind } from './timer-plan.ts'

/** What an event waits for or throws. An error without a code catches every error. */
export type EventDefinition =
  | { readonly kind: 'none' | 'terminate' }
  | {
      readonly kind: 'message'
      readonly name: Expression
      readonly correlationKey: Expression | undefined
    }
  | { readonly kind: 'timer'; readonly timer: TimerKind; readonly value: Expression }
  | { readonly kind: 'error'; readonly code: Expression | undefined }
  | { readonly kind: 'link'; readonly name: string }

/** A sequence flow; `target` is the index of an element. */
export type Flow = {
  readonly id: string
  /** Unique in its process. */
  readonly index: number
  readonly target: number
  readonly condition: Expression | undefined
}

/** One ordered list of `target = expression`: later entries see earlier targets. */
export type Mappings = {
  readonly entries: readonly { readonly path: readonly string[]; readonly value: Expression }[]
  /** As Zeebe prints it in incidents. */
  readonly text: string
}

/** What a service task asks of the workers (zeebe:taskDefinition, zeebe:taskHeaders). */
export type JobDefinition = {
  readonly type: Expression
  readonly retries: Expression
  readonly headers: Readonly<Record<string, string>>
}

/** A multi-instance marker (zeebe:loopCharacteristics). */
export type Loop = {
  readonly isSequential: boolean
  readonly inputCollection: Expression
  readonly inputElement: string | undefined
  readonly outputCollection: string | undefined
  readonly outputElement: Expression | undefined
  readonly completionCondition: Expression | undefined
}

/** A node of a diagram, with all that running it needs. Other elements are named by their index; -1 = none. */
export type Element = {
  readonly index: number
  readonly id: string
  /** Zeebe's BpmnElementType. */
  readonly kind: string
  readonly scope: number
  /** In reverse document order, which is the order in which Zeebe takes them. */
  readonly outgoing: readonly Flow[]
  readonly incoming: readonly number[]
  readonly defaultFlow: Flow | undefined
  readonly event: EventDefinition
  readonly job: JobDefinition | undefined
  readonly inputs: Mappings | undefined
  readonly outputs: Mappings | undefined
  readonly isInterrupting: boolean
  /** Boundary events attached to this element. */
  readonly boundaries: readonly number[]
  /** Of a scope: its none start event, or of an event sub-process its only one. */
  readonly start: number
  /** Of a scope: the start events of its event sub-processes. */
  readonly eventStarts: readonly number[]
  readonly loop: Loop | undefined
  readonly call: CalledElement | undefined
  readonly script: { readonly expression: Expression; readonly resultVariable: string } | undefined
}

/** What a call activity calls, and which variables go along (zeebe:calledElement). */
export type CalledElement = {
  readonly processId: Expression
  readonly passesAllParentVariables: boolean
  readonly passesAllChildVariables: boolean
}

/** A diagram as arrays. Element 0 is the process itself. */
export type CompiledProcess = {
  readonly bpmnProcessId: string
  readonly elements: readonly Element[]
  readonly messageStarts: readonly { readonly name: string; readonly element: number }[]
  readonly timerStarts: readonly number[]
}
