package api

// explanationsOfIncidents are explanations of the fields of internal/incident's
// types, and of what the registry keeps for alerting.
var explanationsOfIncidents = map[string]map[string]string{
	"Incident": {
		"fingerprint": "One incident at a time is open for each.", "rule": "Which rule raised it; empty for one that people entered, or another system.",
		"kind": "Response standards and escalation go by it.", "runbook": "What to do.", "building": "Of the project; absent when it is of none.",
		"device": "Absent when it concerns several, or none.", "state": "firing, acknowledged, dispatched, arrived or resolved.",
		"shadow": "Of a rule on trial: nobody is told.", "late": "It was over when Steward learned of it.", "flapping": "It comes and goes: held open, and nobody is told each time.",
		"silenced": "By a silence that holds now.", "cause": "It explains those of the devices that its device feeds.", "responder": "The passage of a responder's card is an arrival.",
		"parent": "The incident that explains this one.", "group": "Those of one group are told of together.", "count": "How often its condition came.",
		"value": "The measured value that raised it.", "summary": "What happened, with values and names.", "started_at": "By the device's clock.",
		"received_at": "When Steward learned of the beginning.", "cleared_at": "When its condition ended; it may be open still.", "stages": "What people did, in order of time.",
		"clocks": "Response standards, applied to it.", "told": "Who was told, newest last.",
		"version": "One more with each change; also the ETag.", "seq": "Of its newest timeline entry.",
	},
	"Stage": {"state": "That it came to by it.", "at": "When it was done.", "received_at": "When Steward learned of it."},
	"Told":  {"who": "A person or a room.", "what": "opened, warned, breached, escalated or resolved."},
	"Actor": {"kind": "person, machine, device, card or system.", "remote": "The address from which it was asked; shown to managers."},
	"Clock": {
		"state": "waiting, running, paused, met, breached or void.", "started_at": "By the device's clock.", "started_received_at": "When Steward learned of it.",
		"warn_at": "When the warning is due.", "deadline": "When the limit passes, with pauses and calendar.", "stopped_received_at": "When Steward learned of it.",
		"elapsed_seconds": "Counted by its calendar, without pauses, once it has stopped.",
	},
	"Entry": {
		"seq": "Over all incidents, in the order in which entries become visible.", "n": "Within the incident, from 1, without gaps.",
		"kind": "What it tells of.", "at": "By the clock of whoever said it.", "received_at": "When Steward learned of it.", "state": "Of the incident after it.",
		"data": "By kind: the raw message, a clock, a notice.", "hash": "SHA-256 over all of the entry and the hash before it in the incident.",
	},
	"Evidence":   {"entries": "The whole timeline.", "notices": "Who was to be told.", "attempts": "Each try to tell somebody.", "proof": "Whether the timeline is what was written."},
	"ChainProof": {"intact": "No entry was changed, removed or put in between.", "n": "The last entry that was proved.", "hash": "Of that one.", "problem": "The first entry that is wrong, and how."},
	"Notice": {
		"key": "Names it for ever: receivers drop what they know.", "what": "opened, warned, breached, escalated, cleared, resolved or test.", "receiver": "The contact.",
		"channels": "In the order in which they are tried.", "not_before": "Held for grouping or quiet hours until then.", "state": "waiting, sent or failed.",
		"channel": "Index into channels of the next attempt.", "tries": "At that channel.", "next_at": "Of the next attempt.",
	},
	"Attempt": {"notice": "The notice's key.", "ok": "The channel took it.", "error": "Why it did not."},
	"Count":   {"open": "So many are open.", "breached": "Of these, those with a clock whose limit has passed."},
	"Silence": {
		"id": "Made by the registry.", "region": "Empty for everything.", "project": "Empty for all of the region.", "building": "Only of this building.",
		"class": "Only of devices of this class.", "device": "Only of this device.", "rule": "Only of this rule.", "from": "Not before.", "until": "Not after.",
		"days": "Days of the week, 0 is Sunday; every day when empty.", "start": "HH:MM; all of the time when empty.", "end": "HH:MM; past midnight when not after start.",
		"time_zone": "IANA name, of start and end.", "life_safety": "Also danger to life: for administrators alone, and recorded.", "reason": "Why.",
	},
	"Override": {
		"id": "Made by the registry.", "schedule": "Name of the schedule.", "contact": "Who stands in.", "region": "Empty for all.", "project": "Empty for all of the region.",
		"from": "Not before.", "until": "Not after.", "note": "In words.",
	},
	"Responder": {
		"id": "Made by the registry.", "name": "Whose card it is.", "region": "Empty for all.", "project": "Empty for all of the region.",
		"card": "Its keyed hash, psn_…, as the events of the gate have it.", "note": "In words.",
	},
}
