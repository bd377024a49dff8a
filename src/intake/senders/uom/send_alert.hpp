#pragma once

/// @file
/// SendAlert of IIJ's UOM: ten parameters, of a query or of a JSON object, that tell of one alert.

#include "winnow/base/result.hpp"
#include "winnow/domain/limits.hpp"
#include "winnow/intake/formats.hpp"
#include "winnow/intake/sender.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace winnow::intake {

/// Each by its name, decoded; "" where it is absent.
struct SendAlert {
    std::string service_code;
    std::string node_name;
    std::string monitoring_id;
    std::string detection_message;
    std::string explanation;
    std::string obstacle_detection_time;
    std::string severity;
    std::string message_id;
    std::string message_group;
    std::string surveillance_server;
};

struct SendAlertParameter {
    std::string_view name;
    std::string SendAlert::* member;
    std::string_view kept_as;  ///< The member of a native alert (POST /api/v1/alerts) that holds most of it; "": none.
};

inline constexpr std::array kSendAlertParameters{
    SendAlertParameter{"ServiceCode", &SendAlert::service_code, ""},
    SendAlertParameter{"NodeName", &SendAlert::node_name, "source"},
    SendAlertParameter{"MonitoringId", &SendAlert::monitoring_id, "class"},
    SendAlertParameter{"DetectionMessage", &SendAlert::detection_message, "description"},
    SendAlertParameter{"Explanation", &SendAlert::explanation, "title"},
    SendAlertParameter{"ObstacleDetectionTime", &SendAlert::obstacle_detection_time, "starts_at"},
    SendAlertParameter{"Severity", &SendAlert::severity, "severity"},
    SendAlertParameter{"MessageId", &SendAlert::message_id, ""},
    SendAlertParameter{"MessageGroup", &SendAlert::message_group, "group"},
    SendAlertParameter{"SurveillanceServer", &SendAlert::surveillance_server, ""},
};

/// What a query, or a form, holds. Other parameters than the ten are the protocol's own.
[[nodiscard]] SendAlert read_query(const RequestFields& fields);

/// What a body in REST style holds: an object. Numbers and booleans count as their texts; other members, and what is no
/// text, are left out. An Error: it is no JSON, or no object.
[[nodiscard]] Result<SendAlert> read_object(std::string_view body, const domain::AlertLimits& limits);

/// One alert, or why it cannot be one. All ten parameters stand in its details as they were sent.
[[nodiscard]] Result<Batch> alert_of(const SendAlert& sent, const Origin& origin, const domain::AlertLimits& limits);

/// What makes a repeat known: of the same message with the same words, and of none without an id.
[[nodiscard]] std::string name_of(const SendAlert& sent);

}  // namespace winnow::intake
