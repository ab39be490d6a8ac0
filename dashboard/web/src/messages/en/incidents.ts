export default {
  title: 'Incidents',
  columns: { severity: 'Severity', what: 'Incident', where: 'Where', state: 'State', clock: 'Next limit', began: 'Began' },
  filter: { show: 'Show', open: 'Open', all: 'All', resolved: 'Resolved', severity: 'Severity', every: 'All severities', class: 'Equipment', everyClass: 'All equipment' },
  count: '{n} open',
  none: 'No incident is open here',
  noneHint: 'What endangers people or breaks appears here within a moment.',
  noClock: 'No limit runs',
  resolvedAt: 'Resolved',
};
