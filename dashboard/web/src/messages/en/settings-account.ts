// One's own account.
export default {
  title: 'My account', about: 'Your name, your password, and where you are signed in',
  profile: 'Profile', login: 'Sign-in name', name: 'Name', email: 'Email', password: 'Password',
  passwordChanged: 'Your password was changed. All other sessions have ended.',
  sessions: 'Where you are signed in', sessionsHint: 'End a session that you do not know, and change your password.',
  thisOne: 'this one', unknownAgent: 'Unknown browser', via: { password: 'by password', oidc: 'by the company account' },
  seen: 'Used', since: 'signed in', until: 'ends', end: 'End',
  endAll: 'Sign out everywhere', endAllText: 'All of your sessions end, this one too. You sign in anew.',
};
