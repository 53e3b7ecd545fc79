type Sentences = Readonly<Record<string, string>>

/** What the payer's leg tells, by step and outcome. {fsp} is the payer's, {other} the payee's; {party} and {detail} as told. */
export const payerSentences: Sentences = {
  'receive-order done':
    'A client asks the hub, in the name of {fsp}, to pay: {detail}. It is stored and answered.',
  'find-payer done': "The hub finds the payer's account at {fsp}'s core.",
  'find-payee asked':
    'The hub asks the switch, for {fsp}: which FSP has the payee with this {detail}?',
  'accept-payee done': 'The switch has passed on the answer: {detail}.',
  'request-quote asked':
    'The hub asks {party} through the switch on what terms the payee would be paid.',
  'accept-quote given': '{party} answers with its terms, sealed by a condition: {detail}.',
  'price-transfer done': "{fsp}'s core names the payer's price: {detail}.",
  'reserve-funds done': "{fsp}'s core holds the payer's money.",
  'funds-held done': 'The hub writes down that the money is held.',
  'prepare-transfer asked': 'The hub sends the signed transfer to the switch, {detail}.',
  'transfer-answered given': 'The switch tells {fsp}: {detail}.',
  'decide-commit done':
    'The fulfilment fits the condition. The hub writes down the decision to commit, before it acts on it.',
  'commit-funds done': "{fsp}'s core books the money that it held: the payer has paid.",
  'transfer-committed done': 'The hub writes down that the transfer is committed for the payer.',
}

/** What the payee's leg tells. {fsp} is the payee's, {other} the payer's. */
export const payeeSentences: Sentences = {
  'receive-prepare done': 'The switch has reserved the amount and passes the transfer on to {fsp}.',
  'decide-fulfilment done':
    'The hub checks for {fsp} that the transfer is the one it was asked to quote, and decides, once and for all, to fulfil it.',
  'fulfil-transfer asked':
    'The hub sends the fulfilment to the switch, RESERVED: {fsp} credits once the switch has committed.',
  'outcome-told given': 'The switch tells {fsp}: {detail}.',
  'decide-commit done': 'The hub writes down that {detail}.',
  'credit-payee done': "{fsp}'s core credits the payee.",
  'transfer-committed done': 'The hub writes down that the transfer is committed for the payee.',
}
