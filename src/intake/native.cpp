#include "intake/alert_fields.hpp"
#include "intake/batch_reader.hpp"
#include "intake/json_diagnosis.hpp"
#include "winnow/intake/formats.hpp"

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
    TextField{"title", &domain::Alert::title, &domain::AlertLimits::max_title_chars},
    TextField{"source", &domain::Alert::source, &domain::AlertLimits::max_field_chars},
    TextField{"service", &domain::Alert::service, &domain::AlertLimits::max_field_chars},
    TextField{"component", &domain::Alert::component, &domain::AlertLimits::max_field_chars},
    TextField{"group", &domain::Alert::group, &domain::AlertLimits::max_field_chars},
    TextField{"class", &domain::Alert::class_name, &domain::AlertLimits::max_field_chars},
    TextField{"description", &domain::Alert::description, &domain::AlertLimits::max_description_chars},
    TextField{"dedup_key", &domain::Alert::dedup_key, &domain::AlertLimits::max_dedup_key_chars},
};

// Most names differ in length or first letter: that much is compared without a call.
bool is(std::string_view name, std::string_view known) noexcept
{
    return name.size() == known.size() && name.front() == known.front() && name == known;
}

// Reads one alert object, member by member.
class NativeAlert {
public:
    NativeAlert(Reader& reader, const Path& at, const Origin& origin, const domain::AlertLimits& limits,
                domain::Alert& alert)
        : reader_(reader), at_(at), origin_(origin), limits_(limits), alert_(alert)
    {
    }

    Syntax member(std::string_view name, ondemand::value& value)
    {
        const auto here = at_.member(name);
        for (const auto& field : kTextFields) {
            if (is(name, field.name)) {
                return read_text(reader_, value, here, limits_.*field.max_chars, alert_.*field.member);
            }
        }
        if (is(name, "labels")) return read_labels(reader_, value, here, limits_, alert_.labels);
        if (is(name, "severity")) return severity(value, here);
        if (is(name, "status")) return status(value, here);
        if (is(name, "details")) return details_.read(reader_, value, here, kInside);
        if (is(name, "starts_at")) return read_time(reader_, value, here, origin_.received_at, alert_.starts_at);
        if (is(name, "ends_at")) return read_time(reader_, value, here, origin_.received_at, alert_.ends_at);
        if (is(name, "links")) return read_links(reader_, value, here, kInside, limits_, alert_.links, details_);
        return details_.keep(reader_, value, here, kInside);
    }

    void finish()
    {
        if (alert_.title.empty() && !reader_.refused()) {
            reader_.refuse(at_.member("title"), "is required: say in 1 to " + std::to_string(limits_.max_title_chars) +
                                                    " characters what happened");
        }
        if (reader_.refused()) return;
        alert_.details = details_.str();
        alert_.integration_id = origin_.integration_id;
        alert_.integration = origin_.integration;
        alert_.received_at = origin_.received_at;
        if (alert_.dedup_key.empty()) alert_.dedup_key = fingerprint(alert_);
    }

private:
    static constexpr std::size_t kInside = 2;  // depth of a container that is an alert's member

    Syntax word(ondemand::value& value, const Path& at, std::string& text)
    {
        constexpr std::size_t kLongestWord = 64;
        return read_text(reader_, value, at, kLongestWord, text);
    }

    Syntax severity(ondemand::value& value, const Path& at)
    {
        std::string text;
        if (const auto error = word(value, at, text); error != simdjson::SUCCESS) return error;
        if (text.empty()) return simdjson::SUCCESS;
        if (const auto known = domain::severity_from_sender(text)) {
            alert_.severity = *known;
        } else {
            reader_.refuse(at, "is not a severity we know; send critical, error, warning or info");
        }
        return simdjson::SUCCESS;
    }

    Syntax status(ondemand::value& value, const Path& at)
    {
        std::string text;
        if (const auto error = word(value, at, text); error != simdjson::SUCCESS) return error;
        if (text.empty()) return simdjson::SUCCESS;
        if (const auto known = domain::parse_alert_status(text)) {
            alert_.status = *known;
        } else {
            reader_.refuse(at, "must be firing, acknowledged or resolved");
        }
        return simdjson::SUCCESS;
    }

    Reader& reader_;
    const Path& at_;
    const Origin& origin_;
    const domain::AlertLimits& limits_;
    domain::Alert& alert_;
    Details details_;
};

Syntax read_alert(Reader& reader, ondemand::object& object, const Path& at, const Origin& origin,
                  const domain::AlertLimits& limits, domain::Alert& alert)
{
    NativeAlert native(reader, at, origin, limits, alert);
    Reader::Names names(reader);
    for (auto member : object) {
        ondemand::field field;
        if (const auto error = std::move(member).get(field); error != simdjson::SUCCESS) return error;
        std::string_view name;
        if (const auto error = reader.name(field, at, name); error != simdjson::SUCCESS) return error;
        names.add(name);
        if (const auto error = native.member(name, field.value()); error != simdjson::SUCCESS) return error;
    }
    names.check(at);
    native.finish();
    return simdjson::SUCCESS;
}

// A body that is one object: an alert, or {"alerts": […]}.
class RootObject {
public:
    RootObject(Reader& reader, const Origin& origin, const domain::AlertLimits& limits)
        : reader_(reader), origin_(origin), limits_(limits)
    {
    }

    Syntax read(ondemand::object object, std::string_view text)
    {
        const Path root;
        domain::Alert alert;
        NativeAlert native(reader_, root, origin_, limits_, alert);
        Reader::Names names(reader_);
        for (auto member : object) {
            ondemand::field field;
            if (const auto error = std::move(member).get(field); error != simdjson::SUCCESS) return error;
            std::string_view name;
            if (const auto error = reader_.name(field, root, name); error != simdjson::SUCCESS) return error;
            names.add(name);
            const bool wraps = name == "alerts" && !titled_ && !wrapped_ && Reader::kind_of(field.value()) == '[';
            if (wraps) {
                wrapped_ = true;
                if (const auto broken = read_wrapped(field.value()); broken != simdjson::SUCCESS) return broken;
                if (refusal) return simdjson::SUCCESS;
                continue;
            }
            if (other_.empty()) other_ = name;
            titled_ = titled_ || name == "title";
            if (const auto error = native.member(name, field.value()); error != simdjson::SUCCESS) return error;
        }
        names.check(root);
        if (wrapped_) {
            finish_wrapped(root);
        } else {
            native.finish();
            finish_item(reader_, root, text, limits_, batch.emplace_back(std::move(alert)));
        }
        return simdjson::SUCCESS;
    }

    Batch batch;
    std::optional<Error> refusal;

private:
    Syntax read_wrapped(ondemand::value& value)
    {
        auto aside = reader_.take_refusal();  // of a member beside the alerts: the whole is refused for it anyway
        const Path root;
        const auto at = root.member("alerts");
        ondemand::array elements;
        if (const auto broken = value.get_array().get(elements); broken != simdjson::SUCCESS) return broken;
        return read_array(reader_, elements, at, read_one(), limits_, batch, refusal);
    }

    void finish_wrapped(const Path& root)
    {
        if (!other_.empty()) {
            refusal = field_error(root.member(other_).pointer(),
                                  "stands beside \"alerts\", where nothing may stand; put it into each alert");
        } else if (auto repeated = reader_.take_refusal()) {
            refusal = Error(std::vector<FieldError>{std::move(*repeated)});
        }
    }

    [[nodiscard]] ReadAlert read_one() const
    {
        return [this](Reader& reader, ondemand::object& object, const Path& at, domain::Alert& alert) {
            return read_alert(reader, object, at, origin_, limits_, alert);
        };
    }

    Reader& reader_;
    const Origin& origin_;
    const domain::AlertLimits& limits_;
    std::string other_;  // the first member that is not the wrapped array
    bool titled_ = false;
    bool wrapped_ = false;
};

Syntax read_root_array(Reader& reader, ondemand::document& document, const Origin& origin,
                       const domain::AlertLimits& limits, Batch& batch, std::optional<Error>& error)
{
    ondemand::array elements;
    if (const auto broken = document.get_array().get(elements); broken != simdjson::SUCCESS) return broken;
    const ReadAlert read = [&](Reader& alert_reader, ondemand::object& object, const Path& at, domain::Alert& alert) {
        return read_alert(alert_reader, object, at, origin, limits, alert);
    };
    return read_array(reader, elements, Path(), read, limits, batch, error);
}

// One line of NDJSON. Its broken syntax is its own: the other lines are read all the same.
Item read_line(ScratchLease& lease, std::string_view line, const Path& at, const Origin& origin,
               const domain::AlertLimits& limits)
{
    Reader reader(lease, line, limits.max_json_depth);
    ondemand::document document;
    ondemand::object object;
    domain::Alert alert;
    auto broken = reader.open(document);
    if (broken == simdjson::SUCCESS && line.front() != '{' && !diagnose(line)) {
        return FieldError{at.pointer(), "invalid_field", "must be an object: one alert"};
    }
    if (broken == simdjson::SUCCESS) broken = document.get_object().get(object);
    if (broken == simdjson::SUCCESS) broken = read_alert(reader, object, at, origin, limits, alert);
    if (broken == simdjson::SUCCESS && reader.at_end()) {
        Item item(std::move(alert));
        finish_item(reader, at, line, limits, item);
        return item;
    }
    auto field = malformed_json(line).fields().front();
    field.pointer = at.pointer() + field.pointer;
    return field;
}

}  // namespace

Result<Batch> parse_native_json(std::string_view body, const Origin& origin, const domain::AlertLimits& limits)
{
    if (auto refused = check_body(body, limits)) return std::move(*refused);
    ScratchLease lease(body);
    Reader reader(lease, lease.text(), limits.max_json_depth);
    ondemand::document document;
    if (reader.open(document) != simdjson::SUCCESS) return malformed_json(body);

    Batch batch;
    std::optional<Error> error;
    auto broken = simdjson::SUCCESS;
    switch (body[body.find_first_not_of(" \t\r\n")]) {
        case '[': broken = read_root_array(reader, document, origin, limits, batch, error); break;
        case '{': {
            RootObject root(reader, origin, limits);
            ondemand::object object;
            broken = document.get_object().get(object);
            if (broken == simdjson::SUCCESS) broken = root.read(object, lease.text());
            batch = std::move(root.batch);
            error = std::move(root.refusal);
            break;
        }
        default:
            if (diagnose(body)) return malformed_json(body);
            return field_error("", "The body must be an alert, an array of alerts or {\"alerts\": […]}.");
    }
    if (broken != simdjson::SUCCESS) return malformed_json(body);
    if (error) return std::move(*error);
    if (!reader.at_end()) return malformed_json(body);
    if (batch.empty()) return no_alerts();
    return batch;
}

Result<Batch> parse_native_ndjson(std::string_view body, const Origin& origin, const domain::AlertLimits& limits)
{
    if (auto refused = check_body(body, limits)) return std::move(*refused);
    ScratchLease lease(body);
    Batch batch;
    const Path root;
    auto rest = lease.text();
    while (!rest.empty()) {
        const auto line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        const auto begin = line.find_first_not_of(" \t\r");
        if (begin == std::string_view::npos) continue;
        if (batch.size() == limits.max_alerts_per_body) return too_many_alerts(limits);
        batch.push_back(read_line(lease, line.substr(begin), root.element(batch.size()), origin, limits));
    }
    return batch;
}

}  // namespace winnow::intake
