/// @file
/// Bodies of other products that came to the native door by mistake.

#include "intake/senders/batch_reader.hpp"
#include "winnow/intake/formats.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string>

namespace winnow::intake {

namespace {

using simdjson::dom::element;
using simdjson::dom::object;

bool has_all(const object& members, std::initializer_list<std::string_view> names)
{
    return std::ranges::all_of(
        names, [&](std::string_view name) { return members.at_key(name).error() == simdjson::SUCCESS; });
}

/// Members that together give a format away, and what to say of it. The more telling ones first.
struct Sign {
    std::array<std::string_view, 3> members;  // "" : none
    std::string_view says;
};

constexpr std::string_view kByToken = ", or /i/{token} before it";

constexpr std::array kSigns{
    Sign{{"alerts", "groupKey", "orgId"}, "This looks like Grafana's webhook: send it to /grafana"},
    Sign{{"alerts", "receiver", "orgId"}, "This looks like Grafana's webhook: send it to /grafana"},
    Sign{{"alerts", "groupKey", "receiver"}, "This looks like Alertmanager's webhook: send it to /am/webhook"},
    Sign{{"alerts", "commonLabels", ""}, "This looks like Alertmanager's webhook: send it to /am/webhook"},
    Sign{{"routing_key", "event_action", ""},
         "This looks like a PagerDuty event (version 2); /pagerduty/v2/enqueue is planned and does not take it yet. "
         "Until then send title, severity, dedup_key and status as POST /api/v1/alerts has them"},
    Sign{{"service_key", "event_type", ""},
         "This looks like a PagerDuty event (version 1), which is not taken. Send title, dedup_key and status as "
         "POST /api/v1/alerts has them"},
    Sign{{"specversion", "source", "type"},
         "This looks like a CloudEvent; /cloudevents is planned and does not take it yet. Send its data as "
         "POST /api/v1/alerts has it"},
    Sign{{"TopicArn", "MessageId", "Type"},
         "This looks like a message of Amazon SNS; /sns is planned and does not take it yet"},
    Sign{{"AlarmName", "NewStateValue", ""},
         "This looks like an alarm of Amazon CloudWatch; /sns is planned and does not take it yet"},
    Sign{{"resource", "event", "environment"},
         "This looks like an alert for Alerta; /alerta/api/alert is planned and does not take it yet"},
    Sign{{"resourceLogs", "", ""}, "This looks like OpenTelemetry's logs, which are not taken"},
    Sign{{"alert_uid", "title", "state"},
         "This looks like a formatted webhook of Grafana OnCall, which is not taken; send title, dedup_key and status"},
    Sign{{"message", "alias", ""},
         "This looks like an alert for Opsgenie; /opsgenie/v2/alerts is planned and does not take it yet. Send title, "
         "dedup_key and severity as POST /api/v1/alerts has them"},
    Sign{{"message", "priority", ""},
         "This looks like an alert for Opsgenie; /opsgenie/v2/alerts is planned and does not take it yet. Send title, "
         "dedup_key and severity as POST /api/v1/alerts has them"},
    Sign{{"labels", "annotations", ""},
         "This looks like alerts of Prometheus: send them to /am/api/v2/alerts, as an array"},
    Sign{{"labels", "startsAt", ""},
         "This looks like alerts of Prometheus: send them to /am/api/v2/alerts, as an array"},
    Sign{{"labels", "generatorURL", ""},
         "This looks like alerts of Prometheus: send them to /am/api/v2/alerts, as an array"},
};

std::string sign_of(const object& members)
{
    for (const auto& sign : kSigns) {
        const bool all = std::ranges::all_of(
            sign.members, [&](std::string_view name) { return name.empty() || has_all(members, {name}); });
        if (!all) continue;
        std::string says(sign.says);
        const bool is_taken =
            says.find("send it to") != std::string::npos || says.find("send them to") != std::string::npos;
        if (is_taken) says += std::string(kByToken) + " where only a URL can be set";
        return says + ".";
    }
    return {};
}

}  // namespace

std::string recognise_foreign(std::string_view body)
{
    body = without_mark(body);
    simdjson::dom::parser parser;
    element root;
    if (parser.parse(body.data(), body.size()).get(root) != simdjson::SUCCESS) return {};
    object members;
    if (root.get(members) == simdjson::SUCCESS) return sign_of(members);
    simdjson::dom::array elements;
    if (root.get(elements) != simdjson::SUCCESS || elements.size() == 0) return {};
    if (elements.at(0).get(members) == simdjson::SUCCESS) return sign_of(members);
    return {};
}

}  // namespace winnow::intake
