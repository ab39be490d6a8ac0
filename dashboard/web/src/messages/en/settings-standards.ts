export default {
  title: 'Response standards',
  about: 'The clocks that run on incidents, their limits, and who is told',
  columns: { standard: 'Standard', clock: 'From → until', limit: 'Limit', warning: 'Warning', hours: 'Hours', told: 'Told when it has passed' },
  comma: ', ',
  line: 'line {n}', why: 'Where it comes from', life: 'Danger to life',
  before: '{span} before', noWarning: 'none', pauses: 'may be paused: {reasons}',
  none: 'No standard is in force', noneHint: 'Without standards no clock runs on incidents.',
  note: 'Exactly at the limit is in time. Clocks run by the time at which things happened, also when it was learned late.',
  point: { opened: 'Incident begins', acknowledged: 'acknowledged', dispatched: 'on the way', arrived: 'on site', resolved: 'resolved', cleared: 'condition over' },
  event: { arrived: 'device says: on site', released: 'device says: people out', entrapment_cleared: 'device says: entrapment over', acknowledged: 'confirmed at the panel', other: 'device says: {kind}' },
  level: { project: 'Project', region: 'Region', hq: 'Headquarters', oncall: 'On call', contact: 'Contact' },
  calendar: { always: 'Always', project: 'Working hours of the project', other: 'Hours of the calendar “{name}”' },
  pause: { appointment: 'the resident named a later hour', waiting_for_resident: 'waiting for the resident', waiting_for_parts: 'waiting for parts' },
  incident: {
    entrapment: 'Entrapment', entrapment_suspected: 'Suspected entrapment', fire_alarm: 'Fire alarm', fire_alarm_unacknowledged: 'Fire alarm, not confirmed', fire_test: 'Fire test', gas_leak: 'Gas leak', gas_flow: 'Gas flow', leak: 'Leak',
    urgent_repair: 'Urgent repair', repair: 'Repair', complaint: 'Complaint', front_desk: 'Front desk', power_failure: 'Power failure', power_quality: 'Power quality', overload: 'Overload', maintenance: 'Maintenance', metering: 'Metering', quality: 'Quality', security: 'Security', device_offline: 'Device silent',
  },
  file: {
    where: 'Stands in', shipped: 'shipped', copy: 'This came with the program. Take a copy of {file} to a place of your own, change it, and name it in steward.yaml:', edit: 'Change {file} with an editor.',
    check: 'Have it proved. Each mistake is named with its line:', restart: 'Restart Steward. Incidents that are open keep their clocks.',
  },
};
