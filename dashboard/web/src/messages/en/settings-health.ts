// How the installation does.
export default {
  title: 'System health', about: 'Whether data comes in and nothing is lost; analyses and their runs; how complete readings are',
  tab: { now: 'Now', jobs: 'Analyses', coverage: 'Completeness of data' },
  allWell: 'Everything works', look: 'It works, but look at: {list}', notWell: 'Does not work: {name}', stale: 'The server did not answer; this is what was last known.', asOf: 'As of', since: 'started',
  parts: { clickhouse: 'the store (ClickHouse)', spool: 'the spool', broker: 'the MQTT broker', mqtt: 'the MQTT broker', alerting: 'alerting', analytics: 'the analyses', start: 'still starting', registry: 'the registry' },
  tile: { broker: 'MQTT broker', lag: 'Behind in storing', spool: 'Waiting on disk', store: 'Store', disk: 'Free on disk', clients: 'Live pages', notices: 'Notices to be sent', memory: 'Memory' },
  connected: 'Connected', disconnected: 'Not connected', reconnects: '{n} reconnects since the start', alertingLag: 'alerting: {time}', messages: '{n} messages', spoolSize: '{size}, {share} of its bound',
  noAnswer: 'Does not answer', tables: '{n} tables', diskOf: '{share} of {total}', sessions: '{n} people signed in', givenUp: '{n} reached nobody', oldest: 'oldest: {time}', devices: '{n} devices held live',
  ledger: 'Account of every message', ledgerHint: 'Since the spool began. Every message that was acknowledged is in exactly one line.',
  line: { received: 'Received', stored: 'Stored', duplicate: 'There before', rejected: 'In quarantine', inFlight: 'On the way', lost: 'Unaccounted for' },
  even: 'The account comes out even: nothing was lost.', uneven: '{n} messages are in no line. Look into the log of the server.',
  reasons: 'In quarantine, by reason', besides: 'Besides', late: 'Readings that came late', repeated: 'Single values that were there before', insertFailures: 'Batches tried again since the start', refused: 'Not acknowledged for want of room', missedUpdates: 'Updates that slow pages missed',
  spool: 'Spool', spoolHint: 'Acknowledged messages wait on disk until each reader has done them.', readerName: 'Reader', reader: { store: 'Storing', alerting: 'Alerting' }, waiting: 'Waiting', size: 'Size',
  storage: 'Storage', table: 'Table', rows: 'Rows', parts_: 'Parts',
  every: { hourly: 'hourly', daily: 'daily', monthly: 'monthly', on_demand: 'when asked for' },
  runState: { queued: 'Waiting', running: 'Running', done: 'Done', failed: 'Failed', cancelled: 'Cancelled' },
  job: {
    name: 'Analysis', every: 'Runs', last: 'Last run', ended: 'When', took: 'Took', next: 'Next run', run: 'Run now', never: 'Never ran', off: 'switched off', onDemand: 'when asked for', failed: '{n} failed: {list}',
    result: 'Results of', over: 'Over', tookText: 'took {time}', coverage: 'data {share} complete', numbers: '{n} numbers', by: 'by {name}', cancel: 'Cancel', cancelling: 'Ending…', more: 'Older runs',
  },
  cover: {
    period: 'Period', days: '{n} d', class: 'Equipment', everyClass: 'All equipment', project: 'Project', share: 'Hours with data', devices: 'Devices', silent: 'Silent', device: 'Device', gap: 'Longest gap', last: 'Last reading', never: 'none',
    sum: '{share} of all hours of {n} devices have a reading', silentSum: '{n} devices are silent', cut: 'Only the first {n} devices: choose a place.',
    byProject: 'Hours with a reading by project', byClass: 'Hours with a reading by equipment', byDevice: 'Devices, the least complete first',
  },
};
