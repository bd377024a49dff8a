"""What hostile tenants do. An attacker is a small class: `prepare` sets its tenant up, in the process that measures;
`start` and `stop` are called in a process of the attacker's own, whose processor time is capped."""
