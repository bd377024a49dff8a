#include "intake/batch_reader.hpp"
#include "intake/json_diagnosis.hpp"
#include "intake/native_alert.hpp"
#include "winnow/intake/formats.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace winnow::intake {

namespace {

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
        const auto error = names.add(name) ? native.member(name, field.value()) : native.repeated(name, field.value());
        if (error != simdjson::SUCCESS) return error;
    }
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
            const bool fresh = names.add(name);
            if (!fresh && name == "alerts" && wrapped_) {
                refusal = field_error("/alerts", "stands twice; keep one of them");
                return simdjson::SUCCESS;
            }
            const bool wraps = name == "alerts" && !titled_ && !wrapped_ && Reader::kind_of(field.value()) == '[';
            if (wraps) {
                wrapped_ = true;
                if (const auto broken = read_wrapped(field.value()); broken != simdjson::SUCCESS) return broken;
                if (refusal) return simdjson::SUCCESS;
                continue;
            }
            if (other_.empty()) other_ = name;
            titled_ = titled_ || name == "title";
            const auto error = fresh ? native.member(name, field.value()) : native.repeated(name, field.value());
            if (error != simdjson::SUCCESS) return error;
        }
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
        // Of members beside the alerts: the whole is refused for them anyway.
        const auto aside = reader_.take_refusal();
        const auto warnings = reader_.take_warnings();
        const Path root;
        const auto at = root.member("alerts");
        ondemand::array elements;
        if (const auto broken = value.get_array().get(elements); broken != simdjson::SUCCESS) return broken;
        return read_array(reader_, elements, at, read_one(), limits_, limits_.max_alerts_per_body, batch, refusal);
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
    return read_array(reader, elements, Path(), read, limits, limits.max_alerts_per_body, batch, error);
}

// One line of NDJSON. Its broken syntax is its own: the other lines are read all the same.
Item read_line(ScratchLease& lease, std::string_view line, std::span<const std::size_t> repairs, const Path& at,
               const Origin& origin, const domain::AlertLimits& limits)
{
    Reader reader(lease, line, limits.max_json_depth);
    reader.expect_repairs(repairs);
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

Result<Batch> read_json(std::string_view body, std::span<const std::size_t> repairs, const Origin& origin,
                        const domain::AlertLimits& limits)
{
    ScratchLease lease(body);
    Reader reader(lease, lease.text(), limits.max_json_depth);
    reader.expect_repairs(repairs);
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

Result<Batch> read_lines(std::string_view body, std::span<const std::size_t> repairs, const Origin& origin,
                         const domain::AlertLimits& limits)
{
    ScratchLease lease(body);
    Batch batch;
    const Path root;
    auto rest = lease.text();
    while (!rest.empty()) {
        auto line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        line = without_mark(line);  // files that were put together have one inside
        const auto begin = line.find_first_not_of(" \t\r");
        if (begin == std::string_view::npos) continue;
        if (batch.size() == limits.max_alerts_per_body) return too_many_alerts(limits.max_alerts_per_body);
        batch.push_back(read_line(lease, line.substr(begin), repairs, root.element(batch.size()), origin, limits));
    }
    return batch;
}

}  // namespace

Result<Batch> parse_native_json(std::string_view body, const Origin& origin, const domain::AlertLimits& limits)
{
    if (auto refused = check_body(body, limits.max_body_bytes)) return std::move(*refused);
    return read_repairing(body, false, [&](std::string_view text, std::span<const std::size_t> repairs) {
        return read_json(text, repairs, origin, limits);
    });
}

Result<Batch> parse_native_ndjson(std::string_view body, const Origin& origin, const domain::AlertLimits& limits)
{
    if (auto refused = check_body(body, limits.max_body_bytes)) return std::move(*refused);
    return read_repairing(body, true, [&](std::string_view text, std::span<const std::size_t> repairs) {
        return read_lines(text, repairs, origin, limits);
    });
}

}  // namespace winnow::intake
