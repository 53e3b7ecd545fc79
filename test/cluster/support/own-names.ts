import type { Job, WorkflowEngine } from '../../../hub/engine/engine.ts'

/**
 * The engine with names of its own for processes, messages and job types, which its user never sees: a part of a broker
 * that nobody else has touched, so that a test begins as if the broker were new.
 */
export function withOwnNames(engine: WorkflowEngine, suffix: string): WorkflowEngine {
  const own = (name: string): string => `${name}-${suffix}`
  const plain = (name: string): string => name.slice(0, -suffix.length - 1)
  const plainJob = (job: Job): Job => ({
    ...job,
    type: plain(job.type),
    bpmnProcessId: plain(job.bpmnProcessId),
  })
  const rename = (xml: string): string =>
    xml
      .replaceAll(/(<bpmn:process id=")([^"]+)/g, `$1$2-${suffix}`)
      .replaceAll(/(<zeebe:taskDefinition type=")([^"]+)/g, `$1$2-${suffix}`)
      .replaceAll(/(<bpmn:message id="[^"]+" name=")([^"]+)/g, `$1$2-${suffix}`)
  return {
    ...engine,
    deploy: async (files) => {
      const deployed = await engine.deploy(
        files.map(({ name, xml }) => ({
          name: own(name).replace(/(.bpmn)(.*)/, '$2$1'),
          xml: rename(xml),
        })),
      )
      return deployed.map((one) => ({ ...one, bpmnProcessId: plain(one.bpmnProcessId) }))
    },
    publish: (message) => engine.publish({ ...message, name: own(message.name) }),
    createInstance: (id, variables) => engine.createInstance(own(id), variables),
    work: (type, handler, options) =>
      engine.work(own(type), (job) => handler(plainJob(job)), options),
  }
}
