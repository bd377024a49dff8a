#include "cli/documents/bindings.hpp"

#include "winnow/base/text.hpp"
#include "winnow/domain/words.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <chrono>
#include <string>
#include <utility>

namespace winnow::cli {

using nlohmann::json;

namespace {

using domain::Alert;

constexpr std::array<std::pair<const char*, std::string Alert::*>, 9> kTexts = {{{"title", &Alert::title},
                                                                                 {"description", &Alert::description},
                                                                                 {"source", &Alert::source},
                                                                                 {"service", &Alert::service},
                                                                                 {"component", &Alert::component},
                                                                                 {"group", &Alert::group},
                                                                                 {"class", &Alert::class_name},
                                                                                 {"dedup_key", &Alert::dedup_key},
                                                                                 {"integration", &Alert::integration}}};

std::string text(const json& value, const std::string& name)
{
    if (!value.is_string()) throw field_error("/" + name, name + " takes a text");
    return value.get<std::string>();
}

Timestamp instant(const json& value, const std::string& name)
{
    const auto at = value.is_string() ? parse_rfc3339(value.get<std::string>()) : std::nullopt;
    if (!at) throw field_error("/" + name, name + " takes an instant such as \"2026-11-23T06:00:00Z\"");
    return *at;
}

bool read_text(const std::string& name, const json& value, Alert& alert)
{
    for (const auto& [known, member] : kTexts) {
        if (name != known) continue;
        alert.*member = text(value, name);
        return true;
    }
    return false;
}

void read_labels(const json& value, Alert& alert)
{
    if (!value.is_object()) throw field_error("/labels", "labels takes an object of texts");
    for (const auto& [name, label] : value.items()) alert.labels.set(name, text(label, "labels/" + name));
}

void read_links(const json& value, Alert& alert)
{
    if (!value.is_array()) throw field_error("/links", "links takes a list of objects");
    for (const auto& link : value) {
        if (!link.is_object()) throw field_error("/links", "a link is an object with href and text");
        alert.links.push_back({.href = link.value("href", ""), .text = link.value("text", "")});
    }
}

void read_severity(const json& value, Alert& alert)
{
    const auto severity = domain::severity_from_sender(text(value, "severity"));
    if (!severity) throw field_error("/severity", "severity takes " + domain::listed(domain::severities(), " or "));
    alert.severity = *severity;
}

void read_status(const json& value, Alert& alert)
{
    const auto status = domain::status_from_sender(text(value, "status"));
    if (!status) throw field_error("/status", "status takes firing, acknowledged or resolved");
    alert.status = *status;
}

/// As the doors tell of slips: what is one or two letters away from a name that is not short.
template <typename Names>
std::string nearest_of(const std::string& name, const Names& names)
{
    constexpr std::size_t kLong = 5;
    for (const std::string_view known : names) {
        if (edit_distance(name.substr(0, 64), known) <= (known.size() < kLong ? 1U : 2U)) return std::string(known);
    }
    return "";
}

void read_member(const std::string& name, const json& value, Bindings& bindings, json& details)
{
    auto& alert = bindings.alert;
    if (value.is_null() || read_text(name, value, alert)) return;
    if (name == "labels") return read_labels(value, alert);
    if (name == "links") return read_links(value, alert);
    if (name == "severity") return read_severity(value, alert);
    if (name == "status") return read_status(value, alert);
    if (name == "starts_at") return static_cast<void>(alert.starts_at = instant(value, name));
    if (name == "ends_at") return static_cast<void>(alert.ends_at = instant(value, name));
    if (name == "received_at") return static_cast<void>(alert.received_at = instant(value, name));
    if (name == "now") return static_cast<void>(bindings.now = instant(value, name));
    if (name == "details" && !value.is_object()) throw field_error("/details", "details takes an object");
    if (name == "details") {
        details.update(value);
    } else {
        constexpr std::array kFields{"title",  "description", "source",      "service",     "component", "group",
                                     "class",  "dedup_key",   "integration", "labels",      "links",     "severity",
                                     "status", "starts_at",   "ends_at",     "received_at", "now",       "details"};
        if (const auto near = nearest_of(name, kFields); !near.empty()) {
            bindings.warnings.push_back("there is no field " + name + ", so it is details." + name + "; did you mean " +
                                        near + "?");
        }
        details[name] = value;
    }
}

}  // namespace

Result<Bindings> read_bindings(const json& document)
{
    if (!document.is_object()) return field_error("", "bindings are an object of an alert's fields");
    Bindings bindings;
    bindings.now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    bindings.alert.received_at = bindings.now;
    auto details = json::object();
    try {
        for (const auto& [name, value] : document.items()) read_member(name, value, bindings, details);
    } catch (const Error& error) {
        return error;
    }
    bindings.alert.details = details.dump();
    return bindings;
}

}  // namespace winnow::cli
