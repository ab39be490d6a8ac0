// What a person may ask for of what is kept.
export default {
  title: 'Privacy', about: 'Give a person all that is kept, or erase it',
  person: 'One person', hint: 'Cards, faces and plates are kept as pseudonyms, never as they are. Find the person by a passage, or enter the pseudonym.',
  pseudonym: 'Pseudonym', wrong: 'A pseudonym is psn_ and 32 of 0–9 and a–f.',
  export: 'Export', exportAbout: 'Every passage and inspection in which the person is named, one JSON object a line. It is noted in the audit log.',
  erase: 'Erase', eraseAbout: 'The pseudonym is replaced wherever it stands. Counts stay, the person does not. It cannot be undone.',
  eraseText: 'All that is kept of this person is made nobody’s, in every project. It cannot be undone, and is noted in the audit log.',
  erased: 'The person is erased', nothingKept: 'Nothing is kept of this person, so nothing was erased. Check the pseudonym.', parts: { events: 'Passages', states: 'Reported texts', inspections: 'Inspections', letters: 'Messages in quarantine', live: 'Records of the live board' },
  find: 'Find by a passage', findHint: 'Choose the place above, and enter the gate and the time that the person says.', gate: 'Gate id', before: 'Before', choose: 'Choose',
  noPassages: 'No passage of a known person', cut: 'Only the newest {n} were looked through: choose a place or a gate, or an earlier time.', noPassagesHint: 'In the 30 days before, at this place.',
};
