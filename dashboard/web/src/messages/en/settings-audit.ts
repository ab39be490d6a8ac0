// The audit log.
export default {
  title: 'Audit log', about: 'Who did what, when and to what; and the proof that nobody has rewritten it',
  at: 'When', who: 'Who', what: 'What', object: 'Object', place: 'Place', seq: 'No.', kind: 'Kind of object', everyKind: 'All objects', key: 'Object, exactly', from: 'From', to: 'To',
  onlyActor: 'By {name}', takeAway: 'Take this filter away', remote: 'From', action: 'Action', allOfActor: 'All by the same', allOfAction: 'All of this', allOfObject: 'All of this object',
  field: 'Field', before: 'Before', after: 'After', nothingMore: 'There is no more to tell of this deed.',
  actor: { person: 'person', machine: 'token', system: 'Steward itself' },
  prove: 'Prove integrity', proof: 'Proof of the audit log', proving: 'The whole log is read…', intact: '{n} lines, none changed, removed or put in between', tampered: 'The log is not what was written',
  provenAt: 'Proven at', last: 'Last line', proofHint: 'Kept elsewhere, this hash proves later that nothing up to this line was changed.',
  export: 'Export CSV', exporting: '{n} lines…', cut: 'Only the newest {n} lines: narrow the filters for the others.',
  entry: 'Line {n}', noEntry: 'There is no line {n}', noEntryHint: 'It may not exist, or it is of a place that you do not manage.',
  order: '{object}: {verb}',
  kinds: {
    person: 'Person', token: 'Token', credential: 'MQTT credential', region: 'Region', project: 'Project', building: 'Building', device: 'Device', approval_rule: 'Approval rule', alert_rule: 'Alert rule',
    silence: 'Silence', oncall_override: 'Standing in', responder: 'Responder', channel: 'Channel', dead_letter: 'Dead letter', meter_correction: 'Meter correction', finding: 'Finding of waste',
    notice: 'Rectification notice', analytics_run: 'Analysis', inspections: 'Inspections', complaints: 'Complaints', fees: 'Fees', repair_orders: 'Repair orders',
  },
  verbs: {
    create: 'created', update: 'changed', delete: 'deleted', retire: 'retired', approve: 'approved', refuse: 'refused', register: 'registered', import: 'imported', replace: 'replaced', end: 'ended',
    enable: 'enabled', disable: 'disabled', unlock: 'unlocked', link: 'linked to the company account', erase: 'erased', export: 'exported', revoke: 'revoked', rotate: 'new password', replay: 'replayed', test: 'tested',
    start: 'started', cancel: 'cancelled', pin: 'kept', unpin: 'kept no longer', withdraw: 'withdrawn', put: 'entered', confirm: 'confirmed', dismiss: 'dismissed', fix: 'put right', verify: 'verified', reopen: 'reopened',
    accept: 'accepted', submit: 'submitted', reject: 'rejected', close: 'closed', note: 'noted',
  },
  whole: {
    person_sign_in: 'Signed in', person_sign_in_failed: 'Failed to sign in', person_sign_out: 'Signed out', person_sign_out_everywhere: 'All sessions ended', person_session_replayed: 'Stolen session ended',
    person_reset_password: 'Password reset', person_change_password: 'Password changed',
  },
};
