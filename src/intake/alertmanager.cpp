#include "intake/alert_fields.hpp"
#include "intake/batch_reader.hpp"
#include "intake/json_diagnosis.hpp"
#include "winnow/intake/formats.hpp"

#include <array>
#include <cstdint>
#include <utility>

namespace winnow::intake {

namespace {

// Alertmanager's identity of a label set: FNV-1a, 64 bits, over name 0xff value 0xff in name order, as 16 hex digits.
std::string label_fingerprint(const domain::Labels& labels)
{
    std::uint64_t hash = 14'695'981'039'346'656'037ULL;
    const auto add = [&hash](std::string_view bytes) {
        for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 1'099'511'628'211ULL;
        hash = (hash ^ 0xFFU) * 1'099'511'628'211ULL;
    };
    for (const auto& [name, value] : labels.entries()) {
        add(name);
        add(value);
    }
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string text(16, '0');
    for (std::size_t i = 0; i < 16; ++i) text[i] = kHex[hash >> (60 - 4 * i) & 0xFU];
    return text;
}

// The first of these that is there and not empty.
std::string_view first_of(const domain::Labels& from, std::initializer_list<std::string_view> names)
{
    for (const auto name : names) {
        if (const auto* value = from.find(name)) return *value;
    }
    return {};
}

std::string title_of(const domain::Labels& labels, const domain::Labels& annotations)
{
    if (const auto text = first_of(annotations, {"summary", "title", "message"}); !text.empty()) {
        return std::string(text);
    }
    std::string title(first_of(labels, {"alertname"}));
    if (const auto instance = first_of(labels, {"instance"}); !instance.empty()) {
        if (!title.empty()) title += ' ';
        title += instance;
    }
    if (!title.empty()) return title;
    for (const auto& [name, value] : labels.entries()) {  // Alertmanager asks for no certain label
        if (!title.empty()) title += ", ";
        title += name;
        title += '=';
        title += value;
    }
    return title;
}

class AlertmanagerAlert {
public:
    AlertmanagerAlert(Reader& reader, const Path& at, const Origin& origin, const domain::AlertLimits& limits,
                      std::chrono::milliseconds resolve_timeout, domain::Alert& alert)
        : reader_(reader), at_(at), origin_(origin), limits_(limits), resolve_timeout_(resolve_timeout), alert_(alert)
    {
    }

    Syntax member(std::string_view name, ondemand::value& value)
    {
        const auto here = at_.member(name);
        if (name == "labels") return read_labels(reader_, value, here, limits_, alert_.labels);
        if (name == "annotations") return annotations(value, here);
        if (name == "startsAt") return time(value, here, alert_.starts_at);
        if (name == "endsAt") return time(value, here, alert_.ends_at);
        if (name == "generatorURL") return read_text(reader_, value, here, limits_.max_alert_bytes, generator_);
        return details_.keep(reader_, value, here, kInside);
    }

    void finish()
    {
        if (alert_.labels.empty()) reader_.refuse(at_.member("labels"), "must hold at least one label with a value");
        set_times();
        if (reader_.refused()) return;
        set_identity();
        set_texts();
        set_links();
        alert_.details = details_.str();
        alert_.integration_id = origin_.integration_id;
        alert_.integration = origin_.integration;
        alert_.received_at = origin_.received_at;
    }

private:
    static constexpr std::size_t kInside = 2;

    // Annotations are texts without the limits of labels: those of the fields they become are applied there.
    Syntax annotations(ondemand::value& value, const Path& at)
    {
        auto limits = limits_;
        limits.max_labels = limits.max_alert_bytes;
        limits.max_label_value_chars = limits.max_alert_bytes;
        return read_labels(reader_, value, at, limits, annotations_);
    }

    // Go's zero time, which its clients send for "not set", is absent.
    Syntax time(ondemand::value& value, const Path& at, std::optional<Timestamp>& out)
    {
        if (value.raw_json_token().starts_with("\"0001-01-01T00:00:00")) return reader_.skip(value, at, kInside);
        return read_time(reader_, value, at, origin_.received_at, out);
    }

    void set_times()
    {
        const auto now = origin_.received_at;
        const bool ended = alert_.ends_at.has_value() && *alert_.ends_at <= now;
        alert_.status = ended ? domain::AlertStatus::resolved : domain::AlertStatus::firing;
        if (!alert_.starts_at) alert_.starts_at = ended ? alert_.ends_at : now;
        if (!alert_.ends_at) alert_.ends_at = now + resolve_timeout_;
        if (*alert_.ends_at < *alert_.starts_at) {
            reader_.refuse(at_.member("endsAt"), "is before startsAt; send the later one");
        }
    }

    void set_identity()
    {
        const auto own = origin_.integration_id.str() + ":" + label_fingerprint(alert_.labels);
        alert_.instance_key = "am:" + own;
        alert_.dedup_key = "alertmanager:" + own;
    }

    void set_texts()
    {
        const auto& labels = alert_.labels;
        const auto field = [&](std::initializer_list<std::string_view> names) {
            return shorten(first_of(labels, names), limits_.max_field_chars);
        };
        alert_.title = shorten(title_of(labels, annotations_), limits_.max_title_chars);
        alert_.description = shorten(first_of(annotations_, {"description"}), limits_.max_description_chars);
        alert_.class_name = field({"alertname"});
        alert_.source = field({"instance"});
        alert_.service = field({"service", "job"});
        alert_.component = field({"component"});
        alert_.group = field({"group"});
        alert_.severity =
            domain::severity_from_sender(first_of(labels, {"severity"})).value_or(domain::Severity::warning);
    }

    void set_links()
    {
        add_link(generator_, "Generator");
        if (const auto* runbook = annotations_.find("runbook_url")) add_link(*runbook, "Runbook");
        if (const auto* dashboard = annotations_.find("dashboard_url")) add_link(*dashboard, "Dashboard");
        if (annotations_.empty() && generator_kept_.empty()) return;
        if (!annotations_.empty()) details_.keep("annotations", json_of(annotations_));
        if (!generator_kept_.empty()) details_.keep("generatorURL", generator_kept_);
    }

    // What is no link that a browser may be given is not lost: annotations stay whole, the generator goes to details.
    void add_link(const std::string& href, std::string_view text)
    {
        if (is_safe_link(href) && fits(href, limits_.max_link_chars) && alert_.links.size() < limits_.max_links) {
            alert_.links.push_back({href, std::string(text)});
        } else if (&href == &generator_ && !href.empty()) {
            append_json_string(generator_kept_, href);
        }
    }

    static std::string json_of(const domain::Labels& texts)
    {
        std::string json;
        for (const auto& [name, value] : texts.entries()) {
            json += json.empty() ? '{' : ',';
            append_json_string(json, name);
            json += ':';
            append_json_string(json, value);
        }
        return json + "}";
    }

    Reader& reader_;
    const Path& at_;
    const Origin& origin_;
    const domain::AlertLimits& limits_;
    std::chrono::milliseconds resolve_timeout_;
    domain::Alert& alert_;
    domain::Labels annotations_;
    std::string generator_;
    std::string generator_kept_;  // as JSON
    Details details_;
};

Syntax read_alert(Reader& reader, ondemand::object& object, const Path& at, AlertmanagerAlert& alert)
{
    Reader::Names names(reader);
    for (auto member : object) {
        ondemand::field field;
        if (const auto error = std::move(member).get(field); error != simdjson::SUCCESS) return error;
        std::string_view name;
        if (const auto error = reader.name(field, at, name); error != simdjson::SUCCESS) return error;
        names.add(name);
        if (const auto error = alert.member(name, field.value()); error != simdjson::SUCCESS) return error;
    }
    names.check(at);
    alert.finish();
    return simdjson::SUCCESS;
}

}  // namespace

Result<Batch> parse_alertmanager(std::string_view body, const Origin& origin, const domain::AlertLimits& limits,
                                 std::chrono::milliseconds resolve_timeout)
{
    if (auto refused = check_body(body, limits)) return std::move(*refused);
    ScratchLease lease(body);
    Reader reader(lease, lease.text(), limits.max_json_depth);
    ondemand::document document;
    if (reader.open(document) != simdjson::SUCCESS) return malformed_json(body);
    if (body[body.find_first_not_of(" \t\r\n")] != '[') {
        if (diagnose(body)) return malformed_json(body);
        return field_error("", "The body must be an array of alerts, as Alertmanager's POST /api/v2/alerts takes it.");
    }

    const ReadAlert read = [&](Reader& alert_reader, ondemand::object& object, const Path& at, domain::Alert& alert) {
        AlertmanagerAlert fields(alert_reader, at, origin, limits, resolve_timeout, alert);
        return read_alert(alert_reader, object, at, fields);
    };
    Batch batch;
    std::optional<Error> error;
    ondemand::array elements;
    auto broken = document.get_array().get(elements);
    if (broken == simdjson::SUCCESS) broken = read_array(reader, elements, Path(), read, limits, batch, error);
    if (error) return std::move(*error);
    if (broken != simdjson::SUCCESS || !reader.at_end()) return malformed_json(body);
    if (batch.empty()) return no_alerts();
    return batch;
}

}  // namespace winnow::intake
