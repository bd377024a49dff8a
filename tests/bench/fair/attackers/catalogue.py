"""Every attacker, in the order of the table."""

from fair.attackers import alerts, conditions, connections, rest

ALL = [rest.Rest32, rest.Rest800, rest.RulesTest, rest.Suggestions, rest.Backtests, rest.SlowReaders, rest.UnknownKeys,
       conditions.RulesAndSilences, conditions.CelSilences, conditions.UnanchoredRegexes, conditions.HostileRegexes,
       conditions.Notes, alerts.LargeAlerts, alerts.NewKeys, alerts.AstralSource, alerts.BadIdempotencyKeys,
       alerts.Annotations, alerts.EmptyFrames, connections.HangingWebhooks, connections.SilentTcp, connections.SilentTls,
       connections.Killed]
BY_NAME = {attacker.name: attacker for attacker in ALL}
TOGETHER = "four-at-once"
FOUR = [rest.Rest32, rest.RulesTest, alerts.LargeAlerts, connections.HangingWebhooks]
ABOUT = {**{attacker.name: attacker.about for attacker in ALL},
         TOGETHER: "four tenants: " + ", ".join(attacker.name for attacker in FOUR) + "; shown, not judged"}


def parts(name):
    """The attackers that a row of the table is about."""
    return FOUR if name == TOGETHER else [BY_NAME[name]]
