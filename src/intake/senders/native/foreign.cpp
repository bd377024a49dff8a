/// @file
/// Bodies of other products that came to the native door by mistake.

#include "intake/senders/batch_reader.hpp"
#include "winnow/intake/formats.hpp"
#include "winnow/intake/sender.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <string>

namespace winnow::intake {

namespace {

using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::string_view kByToken = ", or /i/{token} before it where only a URL can be set";

/// Of those that no sender of the table takes. The more telling ones first.
constexpr std::array kNotTaken{
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
};

bool fits(const Sign& sign, const object& members)
{
    return std::ranges::all_of(sign.members, [&](std::string_view name) {
        return name.empty() || members.at_key(name).error() == simdjson::SUCCESS;
    });
}

/// What is said of a body that a sender of the table would take; "" where none has its sign there.
std::string taken_elsewhere(const object& members, bool vaguely)
{
    for (const auto* sender : senders()) {
        for (const auto& sign : sender->signs) {
            if (sign.is_vague == vaguely && fits(sign, members)) {
                return std::string(sign.says) + std::string(kByToken) + ".";
            }
        }
    }
    return {};
}

std::string sign_of(const object& members)
{
    if (auto says = taken_elsewhere(members, false); !says.empty()) return says;
    const auto known = std::ranges::find_if(kNotTaken, [&](const Sign& sign) { return fits(sign, members); });
    if (known != kNotTaken.end()) return std::string(known->says) + ".";
    return taken_elsewhere(members, true);
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
