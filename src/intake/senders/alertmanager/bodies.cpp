/// @file
/// Alertmanager's own API, and the webhooks of Alertmanager and Grafana: the same alerts, in an array or wrapped.

#include "intake/json/json_diagnosis.hpp"
#include "intake/senders/alertmanager/alert.hpp"
#include "intake/senders/batch_reader.hpp"
#include "winnow/base/text.hpp"
#include "winnow/intake/formats.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

namespace winnow::intake {

namespace {

/// What reading a body needs to know.
struct Push {
    const Origin& origin;
    const domain::AlertLimits& limits;
    AlertmanagerForm form;
};

Bound body_bound(const domain::AlertLimits& limits)
{
    return {.most = limits.max_push_bytes, .setting = "limits.max_push_bytes"};
}

Syntax read_alerts(Reader& reader, ondemand::array elements, const Path& at, const Push& push, Batch& batch,
                   std::optional<Error>& error)
{
    const ReadAlert read = [&](Reader& alert_reader, ondemand::object& object, const Path& here, domain::Alert& alert) {
        return AlertmanagerAlert(alert_reader, here, push.origin, push.limits, push.form, alert).read(object);
    };
    return read_array(reader, elements, at, read, push.limits,
                      {.most = push.limits.max_alerts_per_push, .setting = "limits.max_alerts_per_push"}, batch, error);
}

char first_character(std::string_view body)
{
    return body[body.find_first_not_of(" \t\r\n")];
}

Result<Batch> read_api_body(std::string_view body, std::span<const std::size_t> repairs, const Push& push)
{
    ScratchLease lease(body);
    Reader reader(lease, lease.text(), push.limits.max_json_depth);
    reader.expect_repairs(repairs);
    ondemand::document document;
    if (reader.open(document) != simdjson::SUCCESS) return malformed_json(body);
    if (first_character(body) != '[') {
        if (diagnose(body)) return malformed_json(body);
        return field_error("", "The body must be an array of alerts, as Alertmanager's POST /api/v2/alerts takes it.");
    }
    Batch batch;
    std::optional<Error> error;
    ondemand::array elements;
    auto broken = document.get_array().get(elements);
    if (broken == simdjson::SUCCESS) broken = read_alerts(reader, elements, Path(), push, batch, error);
    if (error) return std::move(*error);
    if (broken != simdjson::SUCCESS || !reader.at_end()) return malformed_json(body);
    return batch;
}

/// A webhook's body: an object with the array "alerts", and what the alerts have in common, which each repeats.
class Webhook {
public:
    Webhook(Reader& reader, const Push& push) : reader_(reader), push_(push) {}

    Syntax read(ondemand::object object)
    {
        const Path root;
        for (auto item : object) {
            ondemand::field field;
            if (const auto broken = std::move(item).get(field); broken != simdjson::SUCCESS) return broken;
            std::string_view name;
            if (const auto broken = reader_.name(field, root, name); broken != simdjson::SUCCESS) return broken;
            const auto broken = member(name, field.value(), root.member(name));
            if (broken != simdjson::SUCCESS || error) return broken;
        }
        if (!seen_) {
            error = field_error("/alerts",
                                "must be an array of alerts, as in the webhook of Alertmanager (version 4) or Grafana; "
                                "a body of your own making goes to /api/v1/alerts");
        }
        note_left_out();
        return simdjson::SUCCESS;
    }

    Batch batch;
    std::optional<Error> error;

private:
    Syntax member(std::string_view name, ondemand::value& value, const Path& at)
    {
        if (names_alerts(name) && Reader::kind_of(value) == '[') {
            seen_ = true;
            ondemand::array elements;
            if (const auto broken = value.get_array().get(elements); broken != simdjson::SUCCESS) return broken;
            return read_alerts(reader_, elements, at, push_, batch, error);
        }
        if (name == "truncatedAlerts" && Reader::kind_of(value) != '"') {
            std::string text;
            const auto broken = reader_.append(value, at, 1, text);
            constexpr std::size_t kShownBytes = 32;  // a number, if the sender is what it says
            if (text != "0" && text != "null") left_out_ = truncate_utf8(text, kShownBytes);
            return broken;
        }
        const auto broken = reader_.skip(value, at, 1);
        static_cast<void>(reader_.take_warnings());  // nothing of it is kept
        return broken;
    }

    // The sender's own limit cut alerts off: the first one that came tells.
    void note_left_out()
    {
        if (left_out_.empty() || batch.empty()) return;
        if (auto* alert = std::get_if<domain::Alert>(&batch.front())) {
            alert->warnings.push_back({.pointer = "/truncatedAlerts",
                                       .code = "left_out",
                                       .detail = "the sender left out " + left_out_ +
                                                 " more alerts of this group (max_alerts of its receiver)"});
        }
    }

    Reader& reader_;
    const Push& push_;
    bool seen_ = false;
    std::string left_out_;
};

Result<Batch> read_webhook_body(std::string_view body, std::span<const std::size_t> repairs, const Push& push)
{
    ScratchLease lease(body);
    Reader reader(lease, lease.text(), push.limits.max_json_depth);
    reader.expect_repairs(repairs);
    ondemand::document document;
    if (reader.open(document) != simdjson::SUCCESS) return malformed_json(body);
    if (first_character(body) != '{') {
        if (diagnose(body)) return malformed_json(body);
        return field_error("",
                           "The body must be an object with the array \"alerts\", as Alertmanager's and Grafana's "
                           "webhooks send it; a bare array goes to /am/api/v2/alerts.");
    }
    Webhook webhook(reader, push);
    ondemand::object object;
    auto broken = document.get_object().get(object);
    if (broken == simdjson::SUCCESS) broken = webhook.read(object);
    if (broken != simdjson::SUCCESS) return malformed_json(body);
    if (webhook.error) return std::move(*webhook.error);
    if (!reader.at_end()) return malformed_json(body);
    return std::move(webhook.batch);
}

}  // namespace

Result<Batch> parse_alertmanager(std::string_view body, const Origin& origin, const domain::AlertLimits& limits,
                                 std::chrono::milliseconds resolve_timeout)
{
    if (auto refused = check_body(body, body_bound(limits))) return std::move(*refused);
    const Push push{.origin = origin, .limits = limits, .form = {.resolve_timeout = resolve_timeout}};
    return read_repairing(body, false, [&](std::string_view text, std::span<const std::size_t> repairs) {
        return read_api_body(text, repairs, push);
    });
}

Result<Batch> parse_webhook(WebhookSender sender, std::string_view body, const Origin& origin,
                            const domain::AlertLimits& limits)
{
    if (auto refused = check_body(body, body_bound(limits))) return std::move(*refused);
    Push push{.origin = origin, .limits = limits, .form = {.resolve_timeout = {}, .is_webhook = true}};
    if (sender == WebhookSender::grafana) {
        push.form.dedup_prefix = "grafana:";
        push.form.instance_prefix = "grafana:";
    }
    return read_repairing(body, false, [&](std::string_view text, std::span<const std::size_t> repairs) {
        return read_webhook_body(text, repairs, push);
    });
}

}  // namespace winnow::intake
