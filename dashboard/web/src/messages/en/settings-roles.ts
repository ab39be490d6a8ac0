// What each role allows.
export default {
  title: 'Roles', about: 'What each role may see and do, from the server’s own rules',
  hint: 'A role is given at a place and holds for everything below it: at headquarters for all, at a region for its projects. Each role may all that those before it may.',
  mine: 'Your roles:', what: 'May', yes: 'yes', no: 'no', byArea: 'By subject', byAreaHint: 'Everything that the server can be asked for. A line opens to what is in it.',
  see: 'See ({n})', change: 'Change and do ({n})', everywhere: 'at headquarters',
  permissions: {
    read: { name: 'See', about: 'devices, readings, events, incidents, reports' },
    act: { name: 'Act', about: 'acknowledge, dispatch, arrive, resolve' },
    configure: { name: 'Configure', about: 'devices, rules, silences, dead letters' },
    manage: { name: 'Manage', about: 'people, tokens, credentials, standards, audit' },
    administer: { name: 'Administer', about: 'the installation itself, and what cannot be undone' },
  },
  tags: {
    session: 'Signing in', people: 'People', tokens: 'API tokens', mqtt_credentials: 'MQTT credentials', places: 'Regions, projects and buildings', devices: 'Devices', tables: 'Import and export of the registry',
    measurements: 'Measurements', exports: 'Export of measurements', dead_letters: 'Dead letters', incidents: 'Incidents', alert_rules: 'Alert rules and silences', on_call: 'On call and channels', analytics: 'Analyses',
    operations: 'Records of operations', notices: 'Rectification notices', reports: 'Reports', installation: 'Installation',
  },
};
