// Tokens of machines that use the API.
export default {
  title: 'API tokens', about: 'What other systems may read and do here, and until when',
  token: 'Token', name: 'Name', nameHint: 'Which machine it is for: grafana, finance, gate system …', new: 'New token', create: 'Create', made: '{name} has its token', docs: 'API reference',
  search: 'Name', ended: 'Also those that ended', state: 'Good until', used: 'Last used', by: 'Made by', never: 'never', prefix: 'Begins with', expires: 'Expires', revokedAt: 'Revoked',
  none: 'No token', noneHint: 'A token lets another system use the API with roles of its own.',
  states: { good: 'until {date}', soon: 'ends {date}', expired: 'expired {date}', revoked: 'revoked {date}' },
  until: 'Good until', span: { d30: '30 days', d90: '90 days', d365: 'one year', d0: 'a day' },
  least: 'Give it the least that it needs: most machines only read. It stays when whoever made it goes.',
  secret: 'Token', secretHint: 'For the header Authorization: Bearer, or as the password of the MQTT user token.',
  lost: 'The token is there, and nobody knows it. Revoke it in the list, then make another.',
  greater: 'Has roles that you cannot give, so you cannot revoke it.',
  revoke: 'Revoke', revokeHint: 'What uses it stops working at once, for good.', revokeText: 'What uses {name} stops working at once. It cannot be taken back; another token can be made.',
  audit: 'What was done with it',
};
