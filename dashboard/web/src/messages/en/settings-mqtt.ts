// Credentials of devices and gateways at the broker.
export default {
  title: 'MQTT credentials', about: 'With which devices, gateways and projects publish',
  credential: 'Credential', new: 'New credential', create: 'Create', made: 'The credential is made', search: 'Part of the name',
  name: 'User name', password: 'Password', kind: 'Kind', project: 'Project', publishes: 'Publishes on', used: 'Last connected', by: 'Made by', never: 'never', note: 'Note',
  everyKind: 'All kinds', kinds: { device: 'Device', gateway: 'Gateway', project: 'Project' },
  kindAbout: { device: 'Publishes the topics of one device.', gateway: 'Publishes the topics of the devices behind it.', project: 'Publishes for every device of a project, and its records of operations.' },
  revoked: 'Also those that were revoked', isRevoked: 'revoked', revokedAt: 'Revoked', count: '{n} devices',
  none: 'No credential', noneHint: 'With the broker that comes with Steward each device, gateway or project has a name and a password of its own.',
  class: 'Equipment', device: 'Device id', ownName: 'Name of its own', ownNameHint: 'Made of the device or project when it is left empty.', ownNameGateway: 'A gateway needs one, such as gateway-1.', ownNameWrong: 'Only a–z, 0–9, -, _ and full stops.', deviceWrong: 'Only a–z, 0–9, - and _, and a letter or digit first: it is part of the topic.',
  children: 'Devices behind the gateway', addChild: 'Add a device of the project', childrenHint: '{n} devices. One a line: class/id. Connections of the gateway end when it is saved, and come back with the new list.', childrenWrong: 'Not class/id: {list}',
  secretHint: 'Enter both in the device. It publishes and reads nothing.', rotatedHint: 'Enter the new password in the device. Connections with the old one have ended.',
  lost: 'The credential is there, with a password that nobody knows. Open it in the list and give it a new password.',
  rotate: 'New password', rotateAbout: 'Another password is made; connections with the old one end.', rotateText: '{name} is disconnected until the new password is in the device.',
  revoke: 'Revoke', revokeAbout: 'Its connections end for good, and the name is free again.', revokeText: '{name} can never connect again. What it was for needs another credential.',
};
