// The frame of the settings, and what its sections say alike.
export default {
  title: 'Settings',
  sections: 'Sections of the settings',
  group: { access: 'People and access', alerting: 'Alerting', data: 'Data and prices', system: 'System' },
  close: 'Close', cancel: 'Cancel', save: 'Save', saved: 'Saved', copy: 'Copy', copied: 'Copied', search: 'Search', more: '{n} more', all: 'All',
  typeToConfirm: 'Type {text} to confirm',
  secretOnce: 'It is shown this once. Nobody can read it later, not even an administrator.',
  secretTaken: 'I have taken it down',
  grants: 'Roles', noGrants: 'No role', role: 'Role', place: 'Place', addGrant: 'Add a role', removeGrant: 'Take this role away',
  choosePlace: 'Choose a place', wholeRegion: 'All of {name}',
  lookAgain: 'Look at it again',
  codes: {
    changed_meanwhile: 'Somebody else has changed this meanwhile. Close it, look at it again, then change it.',
    exists: 'There is one of this name already.',
    already_done: 'It has been done already.',
    in_progress: 'It is being done already.',
    too_many_at_once: 'Too much is being asked at once. Try again in a moment.',
    timeout: 'The server took too long.',
  },
};
