import { z } from 'zod'
import type { Store } from '../../store.ts'
import { textOf } from '../rows.ts'

/** How a settlement is done, in the words of the OSS settlement API. */
export const settlementModelSchema = z.object({
  name: z.string().min(2).max(30),
  settlementGranularity: z.enum(['GROSS', 'NET']),
  settlementInterchange: z.enum(['BILATERAL', 'MULTILATERAL']),
  settlementDelay: z.enum(['IMMEDIATE', 'DEFERRED']),
  requireLiquidityCheck: z.boolean(),
  ledgerAccountType: z.enum(['POSITION']),
  settlementAccountType: z.enum(['SETTLEMENT']),
  autoPositionReset: z.boolean(),
})

export type SettlementModel = z.infer<typeof settlementModelSchema>

/** Deferred multilateral net settlement: what the lab settles with. */
export const deferredNet: SettlementModel = {
  name: 'DEFERREDNET',
  settlementGranularity: 'NET',
  settlementInterchange: 'MULTILATERAL',
  settlementDelay: 'DEFERRED',
  requireLiquidityCheck: true,
  ledgerAccountType: 'POSITION',
  settlementAccountType: 'SETTLEMENT',
  autoPositionReset: true,
}

/** Whether a settlement of this model is ordered by hand: only deferred net ones are. */
export function isOrderedByHand(model: SettlementModel): boolean {
  return model.settlementGranularity === 'NET' && model.settlementDelay === 'DEFERRED'
}

/** All models that were defined. */
export function listModels(store: Store): readonly SettlementModel[] {
  const rows = store.all('SELECT model FROM settlement_models ORDER BY name')
  return rows.map((row) => settlementModelSchema.parse(JSON.parse(textOf(row, 'model'))))
}

/** Defines a model; false when the name is taken. */
export function addModel(store: Store, model: SettlementModel): boolean {
  const sql = 'INSERT INTO settlement_models VALUES (?, ?) ON CONFLICT (name) DO NOTHING'
  return store.run(sql, model.name, JSON.stringify(model)) === 1
}
