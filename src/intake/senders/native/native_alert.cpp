#include "intake/senders/native/native_alert.hpp"

#include "intake/alert/unknown_word.hpp"
#include "intake/senders/batch_reader.hpp"
#include "winnow/base/text.hpp"
#include "winnow/domain/one_line.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace winnow::intake {

namespace {

// The texts that are copied as they are: name, member, limit.
struct TextField {
    std::string_view name;
    std::string domain::Alert::* member;
    std::size_t domain::AlertLimits::* max_chars;
};

constexpr std::array kTextFields{
    TextField{"source", &domain::Alert::source, &domain::AlertLimits::max_field_chars},
    TextField{"service", &domain::Alert::service, &domain::AlertLimits::max_field_chars},
    TextField{"component", &domain::Alert::component, &domain::AlertLimits::max_field_chars},
    TextField{"group", &domain::Alert::group, &domain::AlertLimits::max_field_chars},
    TextField{"class", &domain::Alert::class_name, &domain::AlertLimits::max_field_chars},
    TextField{"description", &domain::Alert::description, &domain::AlertLimits::max_description_chars},
};

constexpr std::array<std::string_view, 15> kFields{"title",   "status",    "severity", "dedup_key", "source",
                                                   "service", "component", "group",    "class",     "description",
                                                   "labels",  "details",   "links",    "starts_at", "ends_at"};

// Most names differ in length or first letter: that much is compared without a call.
bool is(std::string_view name, std::string_view known) noexcept
{
    return name.size() == known.size() && name.front() == known.front() && name == known;
}

}  // namespace

bool NativeAlert::knows(std::string_view name) noexcept
{
    return names_alerts(name) || std::ranges::find(kFields, name) != kFields.end();
}

Syntax NativeAlert::member(std::string_view name, ondemand::value& value)
{
    const auto here = at_.member(name);
    if (is(name, "title")) return read_text(reader_, value, here, limits_.max_alert_bytes, alert_.title);
    for (const auto& field : kTextFields) {
        if (is(name, field.name)) {
            return read_text(reader_, value, here, limits_.*field.max_chars, alert_.*field.member);
        }
    }
    if (is(name, "labels")) {
        return read_labels(reader_, value, here, Manner::native, limits_, alert_.labels, excess_);
    }
    if (is(name, "dedup_key")) return dedup_key(value, here);
    if (is(name, "severity")) return word(value, here, severity_);
    if (is(name, "status")) return word(value, here, status_);
    if (is(name, "details")) return details_.read(reader_, value, here, kInside);
    if (is(name, "starts_at")) return read_time(reader_, value, here, {origin_.received_at}, alert_.starts_at);
    if (is(name, "ends_at")) return read_time(reader_, value, here, {origin_.received_at, true}, alert_.ends_at);
    if (is(name, "links")) return read_links(reader_, value, here, kInside, limits_, alert_.links, details_);
    return unknown(name, value, here);
}

Syntax NativeAlert::repeated(Reader::Names& names, std::string_view name, ondemand::value& value)
{
    const auto here = at_.member(name);
    if (!reader_.keeps_repeat(names, here, kRepeated)) return reader_.skip(value, here, kInside);
    return details_.keep(reader_, value, here, kInside);
}

void NativeAlert::finish()
{
    set_title();
    if (alert_.title.empty() && !alerts_.empty()) {
        reader_.refuse(at_.member(alerts_),
                       R"(must be an array of alerts that stands by itself: {"alerts": [{"title": "…"}]})");
    } else if (alert_.title.empty() && !reader_.refused()) {
        auto what = "is required: say in 1 to " + std::to_string(limits_.max_title_chars) + " characters what happened";
        if (unseen_) what += "; nothing of what stands there can be seen";
        if (!slip_.empty()) what += "; did you mean it by \"" + std::string(slip_) + "\"?";
        reader_.refuse(at_.member("title"), std::move(what));
    }
    if (reader_.refused()) return;
    set_severity();
    set_status();
    excess_.keep_in(reader_, at_.member("labels"), details_, "labels");
    alert_.details = details_.str(reader_, at_);
    alert_.integration_id = origin_.integration_id;
    alert_.integration = origin_.integration;
    alert_.received_at = origin_.received_at;
    if (alert_.dedup_key.empty()) {
        alert_.dedup_key =
            excess_.empty() ? fingerprint(alert_, alert_.labels) : fingerprint(alert_, excess_.whole(alert_.labels));
    }
}

// People read it in lists and in subjects of mails.
void NativeAlert::set_title()
{
    if (!domain::is_plain_line(alert_.title)) {
        auto line = domain::one_line(alert_.title);
        if (!line.empty() && line != alert_.title) {
            reader_.warn(at_.member("title"), "replaced",
                         "was made one line: line ends and runs of blanks are one blank");
        }
        unseen_ = line.empty() && !alert_.title.empty();
        alert_.title = std::move(line);
    }
    if (fits(alert_.title, limits_.max_title_chars)) return;
    reader_.warn(at_.member("title"), "cut",
                 "is longer than " + std::to_string(limits_.max_title_chars) + " characters and was cut");
    alert_.title = shorten(alert_.title, limits_.max_title_chars);
}

Syntax NativeAlert::word(ondemand::value& value, const Path& at, std::string& text)
{
    constexpr std::size_t kLongestWord = 64;
    return read_text(reader_, value, at, kLongestWord, text);
}

Syntax NativeAlert::dedup_key(ondemand::value& value, const Path& at)
{
    if (const auto error = read_text(reader_, value, at, limits_.max_alert_bytes, alert_.dedup_key);
        error != simdjson::SUCCESS) {
        return error;
    }
    if (fits(alert_.dedup_key, limits_.max_dedup_key_chars)) return simdjson::SUCCESS;
    reader_.warn(at, "cut",
                 "is longer than " + std::to_string(limits_.max_dedup_key_chars) +
                     " characters; its end was replaced by a hash of the whole");
    alert_.dedup_key = shorten_key(alert_.dedup_key, limits_.max_dedup_key_chars);
    return simdjson::SUCCESS;
}

Syntax NativeAlert::unknown(std::string_view name, ondemand::value& value, const Path& at)
{
    if (names_alerts(name)) {
        alerts_ = name;
        const char kind = Reader::kind_of(value);
        if (kind == '[' || kind == '{') {
            reader_.warn(at, "moved",
                         "was not read, as an alert holds no alerts, and was moved to details; send them as an array "
                         R"(or as {"alerts": […]})");
        }
    } else if (const auto& meant = reader_.suggestion_for(name, kFields); !meant.empty()) {
        if (meant == "title") slip_ = name;
        reader_.warn(at, "unknown_field",
                     "is no field of an alert and was kept in details; did you mean \"" + meant + "\"?");
    }
    return details_.keep(reader_, value, at, kInside);
}

// A word that nobody knows must not cost the page: it fires, with the default, and the sender is told. The nearest word
// is never taken: "unfixed" is near "fixed", and would close the ticket.
void NativeAlert::set_severity()
{
    if (severity_.empty()) return;
    if (const auto known = domain::severity_from_sender(severity_)) {
        alert_.severity = *known;
        return;
    }
    keep_unknown("severity", severity_, unknown_severity(severity_, domain::to_string(alert_.severity)));
}

void NativeAlert::set_status()
{
    if (status_.empty()) {
        // Who says only that all is well says that it is over.
        const bool may_be_fine = alert_.severity == domain::Severity::info && !severity_.empty();
        const auto fine = may_be_fine ? domain::status_from_sender(severity_) : std::nullopt;
        if (fine == domain::AlertStatus::resolved) alert_.status = *fine;
        return;
    }
    if (const auto own = domain::parse_alert_status(status_)) {
        alert_.status = *own;
        return;
    }
    if (const auto known = domain::status_from_sender(status_)) {
        alert_.status = *known;
        return;
    }
    // "status": "CRITICAL", as some say it.
    if (const auto severity = domain::severity_from_sender(status_)) {
        if (severity_.empty()) alert_.severity = *severity;
        return;
    }
    keep_unknown("status", status_, unknown_status(status_, domain::to_string(alert_.status)));
}

void NativeAlert::keep_unknown(std::string_view field, const std::string& word, std::string detail)
{
    reader_.warn(at_.member(field), "unknown_word", std::move(detail));
    std::string json;
    append_json_string(json, word);
    details_.keep(field, std::move(json));
}

}  // namespace winnow::intake
