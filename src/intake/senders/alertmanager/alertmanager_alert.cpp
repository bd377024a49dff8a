#include "intake/senders/alertmanager/alertmanager_alert.hpp"

#include "intake/alert/alert_title.hpp"
#include "intake/alert/unknown_word.hpp"

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <utility>

namespace winnow::intake {

namespace {

// Links that Grafana gives with each alert: member, text.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kUrls{
    {{"dashboardURL", "Dashboard"}, {"panelURL", "Panel"}, {"silenceURL", "Silence"}, {"imageURL", "Image"}}};

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

std::string json_of(const domain::Labels& texts)
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

// The names that mean something; all others only fill details.
bool is_known(std::string_view name) noexcept
{
    constexpr std::array<std::string_view, 7> kNames{"labels",       "annotations", "startsAt",   "endsAt",
                                                     "generatorURL", "status",      "fingerprint"};
    return std::ranges::find(kNames, name) != kNames.end() ||
           std::ranges::find(kUrls, name, &std::pair<std::string_view, std::string_view>::first) != kUrls.end();
}

// What another product calls its fingerprint: a short word, or it is not taken.
bool is_fingerprint(std::string_view text) noexcept
{
    constexpr std::size_t kLongest = 64;
    return !text.empty() && text.size() <= kLongest && std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
    });
}

}  // namespace

Syntax AlertmanagerAlert::read(ondemand::object& object)
{
    Reader::Names names(reader_);
    bool was_full = false;
    for (auto item : object) {
        ondemand::field field;
        if (const auto error = std::move(item).get(field); error != simdjson::SUCCESS) return error;
        std::string_view name;
        if (const auto error = reader_.name(field, at_, name); error != simdjson::SUCCESS) return error;
        if (names.full() && !is_known(name)) {
            const auto error = reader_.leave_out(field.value(), at_, kInside, was_full);
            if (error != simdjson::SUCCESS) return error;
            continue;
        }
        auto error = simdjson::SUCCESS;
        if (names.add(name)) {
            error = member(name, field.value());
        } else {
            const auto here = at_.member(name);
            error = reader_.keeps_repeat(names, here, kRepeated) ? details_.keep(reader_, field.value(), here, kInside)
                                                                 : reader_.skip(field.value(), here, kInside);
        }
        if (error != simdjson::SUCCESS) return error;
    }
    finish();
    return simdjson::SUCCESS;
}

Syntax AlertmanagerAlert::member(std::string_view name, ondemand::value& value)
{
    const auto here = at_.member(name);
    if (name == "labels") return texts(value, here, all_labels_, excess_);
    if (name == "annotations") return texts(value, here, annotations_, more_annotations_);
    if (name == "startsAt") return time(value, here, false, alert_.starts_at);
    if (name == "endsAt") return time(value, here, true, alert_.ends_at);
    if (name == "generatorURL") {
        return read_any_text(reader_, value, here, limits_.max_alert_bytes, details_, generator_);
    }
    if (form_.is_webhook) return webhook_member(name, value, here);
    return details_.keep(reader_, value, here, kInside);
}

Syntax AlertmanagerAlert::webhook_member(std::string_view name, ondemand::value& value, const Path& at)
{
    constexpr std::size_t kLongestWord = 255;
    if (name == "status") return read_any_text(reader_, value, at, kLongestWord, details_, status_);
    if (name == "fingerprint") return read_any_text(reader_, value, at, kLongestWord, details_, fingerprint_);
    for (std::size_t i = 0; i < kUrls.size(); ++i) {
        if (name == kUrls.at(i).first) {
            return read_any_text(reader_, value, at, limits_.max_alert_bytes, details_, urls_.at(i));
        }
    }
    return details_.keep(reader_, value, at, kInside);
}

// Without limits: those of the fields that they become are applied there, and identity is made of all of them.
Syntax AlertmanagerAlert::texts(ondemand::value& value, const Path& at, domain::Labels& out, Excess& excess)
{
    const char kind = Reader::kind_of(value);
    if (kind != '{' && kind != 'n') {
        reader_.warn(at, "moved", "is no object of strings and was moved to details");
        return details_.keep(reader_, value, at, kInside);
    }
    static constexpr domain::AlertLimits kNoLimits{.max_labels = static_cast<std::size_t>(-1),
                                                   .max_label_name_chars = static_cast<std::size_t>(-1),
                                                   .max_label_value_chars = static_cast<std::size_t>(-1)};
    return read_labels(reader_, value, at, Manner::compatible, kNoLimits, out, excess);
}

Syntax AlertmanagerAlert::time(ondemand::value& value, const Path& at, bool is_end, std::optional<Timestamp>& out)
{
    return read_time(reader_, value, at,
                     {.received_at = origin_.received_at, .is_end = is_end, .manner = Manner::compatible}, out);
}

void AlertmanagerAlert::finish()
{
    if (all_labels_.empty() && annotations_.empty()) {
        reader_.refuse(at_.member("labels"), "must hold at least one label with a value");
    }
    if (reader_.refused()) return;
    set_times();
    set_identity();
    // Before labels are cut or moved: one at least is always there to be shown.
    alert_.title = alertmanager_title(all_labels_.empty() ? annotations_ : all_labels_, annotations_);
    alert_.labels = fit_labels(reader_, at_.member("labels"), limits_, std::move(all_labels_), excess_);
    set_texts();
    set_links();
    if (!annotations_.empty()) details_.keep("annotations", json_of(annotations_));
    more_annotations_.keep_in(reader_, at_.member("annotations"), details_, "annotations");
    excess_.keep_in(reader_, at_.member("labels"), details_, "labels");
    alert_.details = details_.str(reader_, at_);
    alert_.integration_id = origin_.integration_id;
    alert_.integration = origin_.integration;
    alert_.received_at = origin_.received_at;
}

void AlertmanagerAlert::set_times()
{
    const auto now = origin_.received_at;
    bool ended = alert_.ends_at.has_value() && *alert_.ends_at <= now;
    if (form_.is_webhook && !status_.empty()) {
        const auto status = domain::status_from_sender(status_);
        if (!status) {
            reader_.warn(at_.member("status"), "unknown_word", unknown_status(status_, "firing"));
        }
        ended = status == domain::AlertStatus::resolved;
        // While it fires its end is not known, and an end ahead would end it although nobody says so again.
        if (!ended) alert_.ends_at.reset();
        if (ended && (!alert_.ends_at || *alert_.ends_at > now)) alert_.ends_at = now;
    }
    alert_.status = ended ? domain::AlertStatus::resolved : domain::AlertStatus::firing;
    if (!alert_.starts_at) alert_.starts_at = ended ? alert_.ends_at : now;
    if (!alert_.ends_at && form_.resolve_timeout) alert_.ends_at = now + *form_.resolve_timeout;
    if (alert_.ends_at && *alert_.ends_at < *alert_.starts_at) {
        reader_.warn(at_.member("startsAt"), "clamped", "is after endsAt and was set to it");
        alert_.starts_at = alert_.ends_at;
    }
}

void AlertmanagerAlert::set_identity()
{
    auto print = form_.is_webhook && is_fingerprint(fingerprint_) ? std::move(fingerprint_) : std::string();
    if (print.empty()) {
        if (!fingerprint_.empty()) {
            std::string json;
            append_json_string(json, fingerprint_);
            details_.keep("fingerprint", std::move(json));
            reader_.warn(at_.member("fingerprint"), "moved",
                         "is no word of at most 64 letters and digits; identity is made of the labels instead");
        }
        // Without any label, the words are all that tells one alert from another.
        print = label_fingerprint(all_labels_.empty() ? annotations_ : all_labels_);
    }
    if (all_labels_.empty()) {
        reader_.warn(at_.member("labels"), "left_out",
                     "holds no label with a value; the annotations identify the alert");
    }
    const auto own = origin_.integration_id.str() + ":" + print;
    alert_.instance_key = std::string(form_.instance_prefix) + own;
    alert_.dedup_key = std::string(form_.dedup_prefix) + own;
}

void AlertmanagerAlert::set_texts()
{
    const auto& labels = alert_.labels;
    const auto field = [&](std::initializer_list<std::string_view> names) {
        return shorten(first_of(labels, names), limits_.max_field_chars);
    };
    alert_.title = shorten(alert_.title, limits_.max_title_chars);
    alert_.description = shorten(first_of(annotations_, {"description"}), limits_.max_description_chars);
    alert_.class_name = field({"alertname"});
    alert_.source = field({"instance"});
    alert_.service = field({"service", "job"});
    alert_.component = field({"component"});
    alert_.group = field({"group"});
    set_severity();
}

void AlertmanagerAlert::set_severity()
{
    const auto* word = alert_.labels.find("severity");
    if (word == nullptr) return;
    if (const auto known = domain::severity_from_sender(*word)) {
        alert_.severity = *known;
        return;
    }
    const auto labels = at_.member("labels");
    reader_.warn(labels.member("severity"), "unknown_word",
                 unknown_severity(*word, domain::to_string(alert_.severity)));
}

void AlertmanagerAlert::set_links()
{
    add_link("generatorURL", generator_, "Generator");
    for (std::size_t i = 0; i < kUrls.size(); ++i) add_link(kUrls.at(i).first, urls_.at(i), kUrls.at(i).second);
    // Annotations stay whole in details, so that nothing is lost of those that are no links.
    const auto add_annotation = [&](std::string_view name, std::string_view text) {
        const auto* href = annotations_.find(name);
        const bool is_link = href != nullptr && is_safe_link(*href) && fits(*href, limits_.max_link_chars);
        if (is_link && alert_.links.size() < limits_.max_links) alert_.links.push_back({*href, std::string(text)});
    };
    add_annotation("runbook_url", "Runbook");
    add_annotation("dashboard_url", "Dashboard");
}

// What is no link that a browser may be given is not lost: it goes to details.
void AlertmanagerAlert::add_link(std::string_view name, const std::string& href, std::string_view text)
{
    if (href.empty()) return;
    if (is_safe_link(href) && fits(href, limits_.max_link_chars) && alert_.links.size() < limits_.max_links) {
        alert_.links.push_back({href, std::string(text)});
        return;
    }
    std::string json;
    append_json_string(json, href);
    details_.keep(name, std::move(json));
}

}  // namespace winnow::intake
