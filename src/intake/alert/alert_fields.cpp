#include "intake/alert/alert_fields.hpp"

#include "intake/alert/lenient_time.hpp"
#include "winnow/base/text.hpp"
#include "winnow/base/time_range.hpp"

#include <algorithm>
#include <array>

namespace winnow::intake {

namespace {

constexpr std::chrono::days kFarthest{3'653};  // ten years: a clock further off than this is not set at all

bool is_null(ondemand::value& value)
{
    return Reader::kind_of(value) == 'n';
}

Syntax check_scalar(Reader& reader, ondemand::value& value, const Path& at)
{
    std::string_view text;
    return reader.scalar(value, at, text);
}

// Refuses a value of the wrong type, and reads it all the same: its syntax counts for the whole body.
Syntax wrong_type(Reader& reader, ondemand::value& value, const Path& at, std::string what)
{
    reader.refuse(at, std::move(what));
    return reader.skip(value, at, 1);
}

std::string too_long(std::size_t max_chars)
{
    return "is longer than " + std::to_string(max_chars) + " characters and was cut";
}

/// In any order; of equal names the last counts. Sorted once: Labels::set() moves half of them for each.
domain::Labels labels_of(std::vector<domain::Labels::Entry> entries)
{
    std::ranges::stable_sort(entries, {}, &domain::Labels::Entry::first);
    domain::Labels labels;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const bool is_last = i + 1 == entries.size() || entries[i + 1].first != entries[i].first;
        if (is_last) labels.set(std::move(entries[i].first), std::move(entries[i].second));
    }
    return labels;
}

/// Reads into the labels of one alert.
class LabelReader {
public:
    LabelReader(Reader& reader, Manner manner, const domain::AlertLimits& limits, domain::Labels& out, Excess& excess)
        : reader_(reader), manner_(manner), limits_(limits), out_(out), excess_(excess)
    {
    }

    Syntax read(ondemand::object& members, const Path& at)
    {
        Reader::Names names(reader_);
        bool was_full = false;
        for (auto member : members) {
            ondemand::field field;
            if (const auto error = std::move(member).get(field); error != simdjson::SUCCESS) return error;
            std::string_view name;
            if (const auto error = reader_.name(field, at, name); error != simdjson::SUCCESS) return error;
            if (names.full()) {
                const auto error = reader_.leave_out(field.value(), at, kLabelDepth, was_full);
                if (error != simdjson::SUCCESS) return error;
                continue;
            }
            const auto here = at.member(name);
            const bool fresh = names.add(name);
            std::string_view text;
            if (const auto error = read_one(field.value(), here, text); error != simdjson::SUCCESS) return error;
            if (text.empty()) continue;
            if (fresh) {
                add(here, text);
            } else if (reader_.keeps_repeat(names, here, "stands twice; the later one was moved to details")) {
                excess_.add(name, std::string(text));
            }
        }
        finish();
        return simdjson::SUCCESS;
    }

    void add(const Path& at, std::string_view value)
    {
        if (at.name.empty() || !fits(at.name, limits_.max_label_name_chars)) {
            reader_.warn(at, "moved",
                         at.name.empty() ? std::string("has no name and was moved to details")
                                         : "has a name of more than " + std::to_string(limits_.max_label_name_chars) +
                                               " characters and was moved to details");
            excess_.add(at.name, std::string(value));
            return;
        }
        if (out_.size() + late_.size() == limits_.max_labels && out_.find(at.name) == nullptr) {
            if (!full_) {
                reader_.warn(
                    *at.parent, "moved",
                    "has more than " + std::to_string(limits_.max_labels) + " labels; the rest was moved to details");
            }
            full_ = true;
            excess_.add(at.name, std::string(value));
            return;
        }
        std::string cut;
        if (!fits(value, limits_.max_label_value_chars)) {
            reader_.warn(at, "cut", too_long(limits_.max_label_value_chars) + "; details hold the whole");
            excess_.add(at.name, std::string(value));
            cut = shorten(value, limits_.max_label_value_chars);
            value = cut;
        }
        if (is_late(at.name)) {
            late_.emplace_back(at.name, value);
        } else {
            out_.set(std::string(at.name), std::string(value));
        }
    }

    /// After the last one.
    void finish()
    {
        if (late_.empty()) return;
        late_.insert(late_.end(), out_.entries().begin(), out_.entries().end());
        out_ = labels_of(std::exchange(late_, {}));
    }

private:
    // Whether `name` had to be put between very many others.
    [[nodiscard]] bool is_late(std::string_view name) const noexcept
    {
        constexpr std::size_t kFew = 256;
        return out_.size() >= kFew && name < out_.entries().back().first;
    }

    Syntax read_one(ondemand::value& value, const Path& at, std::string_view& text)
    {
        switch (Reader::kind_of(value)) {
            case '"': return reader_.string(value, at, text);
            case '{':
            case '[':
                if (manner_ == Manner::native) {
                    return wrong_type(reader_, value, at,
                                      "must be a string, a number or a boolean; put nested values into details");
                }
                reader_.warn(at, "moved", "is no text and was moved to details");
                {
                    std::string json;
                    const auto error = reader_.append(value, at, kLabelDepth, json);
                    excess_.add_json(at.name, std::move(json));
                    return error;
                }
            case 'n': return check_scalar(reader_, value, at);
            default: return reader_.scalar(value, at, text);
        }
    }

    static constexpr std::size_t kLabelDepth = 3;

    Reader& reader_;
    Manner manner_;
    const domain::AlertLimits& limits_;
    domain::Labels& out_;
    Excess& excess_;
    std::vector<domain::Labels::Entry> late_;  // of very many those that came out of order
    bool full_ = false;
};

// What an operator, a rule or a route most likely looks at.
constexpr std::array<std::string_view, 20> kChiefLabels{
    "alertname", "severity",    "instance", "job",       "service", "component",     "group",
    "env",       "environment", "cluster",  "namespace", "pod",     "host",          "hostname",
    "node",      "team",        "region",   "zone",      "app",     "grafana_folder"};

}  // namespace

bool fits(std::string_view text, std::size_t max_chars) noexcept
{
    return text.size() <= max_chars || count_code_points(text) <= max_chars;
}

std::string shorten(std::string_view text, std::size_t max_chars)
{
    if (fits(text, max_chars)) return std::string(text);
    std::size_t at = 0;
    for (std::size_t chars = 0; chars + 1 < max_chars; ++chars) {
        ++at;
        while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) ++at;
    }
    return std::string(text.substr(0, at)) + "…";
}

bool is_safe_link(std::string_view href) noexcept
{
    constexpr std::array<std::string_view, 3> kSchemes{"https://", "http://", "mailto:"};
    return std::ranges::any_of(kSchemes, [&](std::string_view scheme) {
        return href.size() > scheme.size() && std::ranges::equal(href.substr(0, scheme.size()), scheme, {}, [](char c) {
                   return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
               });
    });
}

Syntax read_text(Reader& reader, ondemand::value& value, const Path& at, std::size_t max_chars, std::string& out)
{
    if (is_null(value)) return check_scalar(reader, value, at);
    if (Reader::kind_of(value) != '"') return wrong_type(reader, value, at, "must be a string");
    std::string_view text;
    if (const auto error = reader.string(value, at, text); error != simdjson::SUCCESS) return error;
    if (fits(text, max_chars)) {
        out.assign(text);
    } else {
        reader.warn(at, "cut", too_long(max_chars));
        out = shorten(text, max_chars);
    }
    return simdjson::SUCCESS;
}

Syntax read_any_text(Reader& reader, ondemand::value& value, const Path& at, std::size_t max_chars, Details& details,
                     std::string& out)
{
    constexpr std::size_t kMemberDepth = 2;
    switch (Reader::kind_of(value)) {
        case '"':
        case 'n': return read_text(reader, value, at, max_chars, out);
        case '{':
        case '[':
            reader.warn(at, "moved", "is no text and was moved to details");
            return details.keep(reader, value, at, kMemberDepth);
        default: {
            std::string_view text;
            const auto error = reader.scalar(value, at, text);
            out.assign(text);
            return error;
        }
    }
}

Syntax read_time(Reader& reader, ondemand::value& value, const Path& at, const TimeField& field,
                 std::optional<Timestamp>& out)
{
    if (is_null(value)) return check_scalar(reader, value, at);
    const char kind = Reader::kind_of(value);
    const bool is_number = kind == '-' || (kind >= '0' && kind <= '9');
    std::string_view text;
    if (kind == '"') {
        if (const auto error = reader.string(value, at, text); error != simdjson::SUCCESS) return error;
    } else if (field.manner == Manner::native) {
        return wrong_type(reader, value, at, "must be a time in RFC 3339 such as 2026-11-23T06:00:00.000Z, or null");
    } else if (is_number) {
        if (const auto error = reader.scalar(value, at, text); error != simdjson::SUCCESS) return error;
    } else {
        reader.warn(at, "left_out", "is no time and was left out");
        return reader.skip(value, at, 2);
    }
    if (text.starts_with("0001-01-01")) return simdjson::SUCCESS;  // Go's zero time, which its clients send for "none"
    out = parse_unbounded_rfc3339(text);                           // what is far off is set right below
    if (!out) {
        out = time_from_sender(text);
        if (out) {
            reader.warn(at, "replaced", "is not in RFC 3339 and was read as " + format_rfc3339(*out));
        } else {
            reader.warn(at, "left_out",
                        text.empty() ? "is empty and was left out"
                                     : "is no time in RFC 3339 such as 2026-11-23T06:00:00.000Z and was left out");
            return simdjson::SUCCESS;
        }
    }
    if (field.is_end && *out > field.received_at + kFarthest) {
        reader.warn(at, "clamped", "is more than ten years from now and was set to that");
        out = field.received_at + kFarthest;
    } else if (*out < field.received_at - kFarthest || *out > field.received_at + kFarthest) {
        reader.warn(at, "left_out", "is more than ten years from now and was left out; set the sender's clock");
        out.reset();
    }
    return simdjson::SUCCESS;
}

domain::Labels Excess::whole(const domain::Labels& kept) const
{
    auto whole = kept.entries();
    whole.insert(whole.end(), texts_.begin(), texts_.end());
    return labels_of(std::move(whole));
}

Syntax read_labels(Reader& reader, ondemand::value& value, const Path& at, Manner manner,
                   const domain::AlertLimits& limits, domain::Labels& out, Excess& excess)
{
    if (is_null(value)) return check_scalar(reader, value, at);
    if (Reader::kind_of(value) != '{') return wrong_type(reader, value, at, "must be an object of strings");
    ondemand::object members;
    if (const auto error = value.get_object().get(members); error != simdjson::SUCCESS) return error;
    return LabelReader(reader, manner, limits, out, excess).read(members, at);
}

domain::Labels fit_labels(Reader& reader, const Path& at, const domain::AlertLimits& limits, domain::Labels all,
                          Excess& excess)
{
    const auto& entries = all.entries();
    const bool fit = entries.size() <= limits.max_labels && std::ranges::all_of(entries, [&](const auto& entry) {
                         return !entry.first.empty() && fits(entry.first, limits.max_label_name_chars) &&
                                fits(entry.second, limits.max_label_value_chars);
                     });
    if (fit) return all;
    domain::Labels kept;
    LabelReader labels(reader, Manner::compatible, limits, kept, excess);
    const auto is_chief = [](std::string_view name) {
        return std::ranges::find(kChiefLabels, name) != kChiefLabels.end();
    };
    for (const bool chief : {true, false}) {
        for (const auto& [name, value] : entries) {
            if (is_chief(name) == chief) labels.add(at.member(name), value);
        }
    }
    labels.finish();
    return kept;
}

}  // namespace winnow::intake
