#include "intake/senders/uom/send_alert.hpp"

#include "intake/json/json_diagnosis.hpp"
#include "intake/json/json_document.hpp"
#include "intake/json/json_repair.hpp"
#include "intake/json/json_text.hpp"
#include "intake/senders/batch_reader.hpp"
#include "winnow/domain/sha256_hex.hpp"

#include <algorithm>
#include <utility>

namespace winnow::intake {

namespace {

constexpr std::size_t kMemberDepth = 2;

/// What the protocol has no other word for.
struct Weight {
    std::string_view code;
    std::string_view severity;
    std::string_view status;
};
constexpr std::array kWeights{Weight{"1", "critical", "firing"}, Weight{"2", "warning", "firing"},
                              Weight{"5", "info", "resolved"}};

const Weight* weight_of(std::string_view code) noexcept
{
    const auto* const found = std::ranges::find(kWeights, code, &Weight::code);
    return found == kWeights.end() ? nullptr : found;
}

/// YYYYMMDDhhmmss, in the time of Japan, as RFC 3339 has it; as it is where it looks like something else.
std::string rfc3339_of(std::string_view time)
{
    constexpr std::size_t kDigits = 14;
    const bool fits = time.size() == kDigits && std::ranges::all_of(time, [](char c) { return c >= '0' && c <= '9'; });
    if (!fits) return std::string(time);
    std::string text(time.substr(0, 4));
    ((text += '-') += time.substr(4, 2)) += '-';
    ((text += time.substr(6, 2)) += 'T') += time.substr(8, 2);
    ((text += ':') += time.substr(10, 2)) += ':';
    return (text += time.substr(12, 2)) += "+09:00";
}

/// What tells apart what is watched: which node, and by which of its checks. Of whoever names neither nothing does.
std::string dedup_key_of(const SendAlert& sent, const Origin& origin)
{
    if (sent.node_name.empty() && sent.monitoring_id.empty()) return "";
    constexpr std::size_t kBytes = 16;
    return domain::sha256_hex("winnow uom 1\n" + origin.integration_id.str() + '\n' +
                                  std::to_string(sent.node_name.size()) + '\n' + sent.node_name + sent.monitoring_id,
                              kBytes);
}

/// A JSON object that is written member by member; of those without a text nothing is written.
class Object {
public:
    void add(std::string_view name, std::string_view text)
    {
        if (!text.empty()) append_json_string(begin(name), text);
    }
    void add_json(std::string_view name, const std::string& json) { begin(name) += json; }

    [[nodiscard]] std::string str() const { return text_.empty() ? "{}" : text_ + '}'; }

private:
    std::string& begin(std::string_view name)
    {
        text_ += text_.empty() ? '{' : ',';
        append_json_string(text_, name);
        return text_ += ':';
    }

    std::string text_;
};

/// The same alert as a sender of Winnow's own format tells of it, whose reader knows all limits.
std::string native_json(const SendAlert& sent, const Origin& origin)
{
    Object labels;
    labels.add("target", sent.node_name);
    labels.add("monitoring_id", sent.monitoring_id);
    labels.add("surveillance_server", sent.surveillance_server);
    Object details;
    for (const auto& parameter : kSendAlertParameters) details.add(parameter.name, sent.*parameter.member);
    Object alert;
    const auto& title = sent.explanation.empty() ? sent.detection_message : sent.explanation;
    alert.add("title", title.empty() ? sent.node_name : title);
    alert.add("description", sent.detection_message);
    alert.add("source", sent.node_name);
    alert.add("class", sent.monitoring_id);
    alert.add("group", sent.message_group);
    alert.add("dedup_key", dedup_key_of(sent, origin));
    alert.add("starts_at", rfc3339_of(sent.obstacle_detection_time));
    if (const auto* const weight = weight_of(sent.severity)) {
        alert.add("severity", weight->severity);
        alert.add("status", weight->status);
    }
    alert.add_json("labels", labels.str());
    alert.add_json("details", details.str());
    return alert.str();
}

/// Of a native alert's pointer that of the parameter that became it.
void name_as_sent(FieldError& field)
{
    const auto member = std::string_view(field.pointer).substr(std::min<std::size_t>(1, field.pointer.size()));
    const auto* const found = std::ranges::find_if(kSendAlertParameters, [&](const SendAlertParameter& parameter) {
        return !parameter.kept_as.empty() && parameter.kept_as == member;
    });
    if (found != kSendAlertParameters.end()) field.pointer = "/" + std::string(found->name);
}

Syntax read_member(Reader& reader, ondemand::value& value, const Path& at, std::string& out)
{
    const char kind = Reader::kind_of(value);
    if (kind == '{' || kind == '[' || kind == 'n') return reader.skip(value, at, kMemberDepth);
    std::string_view text;
    const auto error = kind == '"' ? reader.string(value, at, text) : reader.scalar(value, at, text);
    if (error == simdjson::SUCCESS) out = text;
    return error;
}

Syntax read_members(Reader& reader, ondemand::object& object, SendAlert& sent)
{
    const Path root;
    for (auto member : object) {
        ondemand::field field;
        if (const auto error = std::move(member).get(field); error != simdjson::SUCCESS) return error;
        std::string_view name;
        if (const auto error = reader.name(field, root, name); error != simdjson::SUCCESS) return error;
        const auto* const found = std::ranges::find(kSendAlertParameters, name, &SendAlertParameter::name);
        const bool is_known = found != kSendAlertParameters.end();
        const auto here = root.member(name);
        const auto error = is_known ? read_member(reader, field.value(), here, sent.*found->member)
                                    : reader.skip(field.value(), here, kMemberDepth);
        if (error != simdjson::SUCCESS) return error;
    }
    return simdjson::SUCCESS;
}

Result<SendAlert> read_text(std::string_view body, const domain::AlertLimits& limits)
{
    ScratchLease lease(body);
    Reader reader(lease, lease.text(), limits.max_json_depth);
    ondemand::document document;
    if (reader.open(document) != simdjson::SUCCESS) return malformed_json(body);
    if (body[body.find_first_not_of(" \t\r\n")] != '{') {
        if (diagnose(body)) return malformed_json(body);
        return field_error("", "The body must be an object: the parameters of SendAlert.");
    }
    SendAlert sent;
    ondemand::object object;
    auto broken = document.get_object().get(object);
    if (broken == simdjson::SUCCESS) broken = read_members(reader, object, sent);
    if (broken != simdjson::SUCCESS || !reader.at_end()) return malformed_json(body);
    return sent;
}

}  // namespace

SendAlert read_query(const RequestFields& fields)
{
    SendAlert sent;
    for (const auto& parameter : kSendAlertParameters) {
        sent.*parameter.member = fields.query(parameter.name).value_or("");
    }
    return sent;
}

Result<SendAlert> read_object(std::string_view body, const domain::AlertLimits& limits)
{
    if (auto refused = check_body(body, {.most = limits.max_body_bytes, .setting = "limits.max_body_bytes"})) {
        return std::move(*refused);
    }
    auto sent = read_text(body, limits);
    if (sent) return sent;
    const auto repaired = repair_text(body, false);
    return repaired.places.empty() ? sent : read_text(repaired.text, limits);
}

Result<Batch> alert_of(const SendAlert& sent, const Origin& origin, const domain::AlertLimits& limits)
{
    const auto json = native_json(sent, origin);
    auto longer = limits;  // what was sent stands in there up to three times; it was not too long itself
    longer.max_body_bytes = std::max(limits.max_body_bytes, json.size());
    auto batch = parse_native_json(json, origin, longer);
    if (!batch) return batch;
    for (auto& item : *batch) {
        if (auto* const refused = std::get_if<FieldError>(&item)) {
            name_as_sent(*refused);
            continue;
        }
        auto& alert = std::get<domain::Alert>(item);
        std::ranges::for_each(alert.warnings, name_as_sent);
        if (weight_of(sent.severity) == nullptr && alert.warnings.size() < Reader::kMaxWarnings) {
            alert.warnings.push_back({.pointer = "/Severity",
                                      .code = "unknown_word",
                                      .detail =
                                          "is none of 1 (alert), 2 (warning) and 5 (recovery); the alert fires, as a "
                                          "warning"});
        }
    }
    return batch;
}

std::string name_of(const SendAlert& sent)
{
    if (sent.message_id.empty()) return "";
    std::string all;
    for (const auto& parameter : kSendAlertParameters) {
        const auto& text = sent.*parameter.member;
        ((all += std::to_string(text.size())) += '\n') += text;
    }
    return "uom:" + domain::sha256_hex(all);
}

}  // namespace winnow::intake
