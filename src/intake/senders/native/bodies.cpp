#include "intake/json/json_diagnosis.hpp"
#include "intake/senders/batch_reader.hpp"
#include "intake/senders/native/alert.hpp"
#include "winnow/intake/formats.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace winnow::intake {

namespace {

constexpr std::size_t kMemberDepth = 2;

Bound body_bound(const domain::AlertLimits& limits)
{
    return {.most = limits.max_body_bytes, .setting = "limits.max_body_bytes"};
}

Bound alerts_bound(const domain::AlertLimits& limits)
{
    return {.most = limits.max_alerts_per_body, .setting = "limits.max_alerts_per_body"};
}

Syntax read_alert(Reader& reader, ondemand::object& object, const Path& at, const Origin& origin,
                  const domain::AlertLimits& limits, domain::Alert& alert)
{
    NativeAlert native(reader, at, origin, limits, alert);
    Reader::Names names(reader);
    bool was_full = false;
    for (auto member : object) {
        ondemand::field field;
        if (const auto error = std::move(member).get(field); error != simdjson::SUCCESS) return error;
        std::string_view name;
        if (const auto error = reader.name(field, at, name); error != simdjson::SUCCESS) return error;
        if (names.full() && !NativeAlert::knows(name)) {
            const auto error = reader.leave_out(field.value(), at, kMemberDepth, was_full);
            if (error != simdjson::SUCCESS) return error;
            continue;
        }
        const auto error =
            names.add(name) ? native.member(name, field.value()) : native.repeated(names, name, field.value());
        if (error != simdjson::SUCCESS) return error;
    }
    native.finish();
    return simdjson::SUCCESS;
}

// A body that is one object: an alert, or {"alerts": […]} with its members in any order.
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
        bool was_full = false;
        for (auto member : object) {
            ondemand::field field;
            if (const auto error = std::move(member).get(field); error != simdjson::SUCCESS) return error;
            std::string_view name;
            if (const auto error = reader_.name(field, root, name); error != simdjson::SUCCESS) return error;
            if (names.full() && !NativeAlert::knows(name)) {
                const auto error = reader_.leave_out(field.value(), root, kMemberDepth, was_full);
                if (error != simdjson::SUCCESS) return error;
                continue;
            }
            const bool fresh = names.add(name);
            if (names_alerts(name) && (wrapped_ || Reader::kind_of(field.value()) == '[')) {
                if (wrapped_) {
                    refusal = field_error(root.member(name).pointer(), "stands twice; keep one of them");
                    return simdjson::SUCCESS;
                }
                wrapped_ = true;
                const auto broken = read_wrapped(field.value(), root.member(name));
                if (broken != simdjson::SUCCESS || refusal) return broken;
                continue;
            }
            note_beside(name);
            const auto error = fresh ? native.member(name, field.value()) : native.repeated(names, name, field.value());
            if (error != simdjson::SUCCESS) return error;
        }
        if (wrapped_) {
            finish_wrapped();
        } else {
            native.finish();
            finish_item(reader_, root, text, limits_, batch.emplace_back(std::move(alert)));
        }
        return simdjson::SUCCESS;
    }

    Batch batch;
    std::optional<Error> refusal;

    /// What `alerts` holds is no alerts, and a title stands beside it: the body may be an alert of which that is a
    /// member.
    bool may_be_alert = false;

private:
    void note_beside(std::string_view name)
    {
        if (beside_ == 0) other_ = name;
        ++beside_;
        titled_ = titled_ || name == "title";
    }

    Syntax read_wrapped(ondemand::value& value, const Path& at)
    {
        forget_beside();
        ondemand::array elements;
        if (const auto broken = value.get_array().get(elements); broken != simdjson::SUCCESS) return broken;
        return read_array(reader_, elements, at, read_one(), limits_, alerts_bound(limits_), batch, refusal);
    }

    // What was wrong with members beside the alerts.
    void forget_beside()
    {
        static_cast<void>(reader_.take_refusal());
        static_cast<void>(reader_.take_warnings());
    }

    // Alerts are taken whatever stands beside them, before or behind; the first one tells.
    void finish_wrapped()
    {
        forget_beside();
        const auto first =
            std::ranges::find_if(batch, [](const Item& item) { return std::holds_alternative<domain::Alert>(item); });
        if (first == batch.end()) {
            may_be_alert = titled_;
        } else if (beside_ > 0) {
            const Path root;
            auto what = "stands beside \"alerts\"" +
                        (beside_ == 1 ? std::string() : " (and " + std::to_string(beside_ - 1) + " more)") +
                        " and was left out; put it into each alert";
            std::get<domain::Alert>(*first).warnings.push_back(
                {.pointer = root.member(other_).pointer(), .code = "left_out", .detail = std::move(what)});
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
    std::string_view other_;  // the first member beside the wrapped array
    std::size_t beside_ = 0;
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
    return read_array(reader, elements, Path(), read, limits, alerts_bound(limits), batch, error);
}

// One line of NDJSON. Its broken syntax is its own: the other lines are read all the same.
Item read_line(Reader& reader, std::string_view line, const Path& at, const Origin& origin,
               const domain::AlertLimits& limits)
{
    ondemand::document document;
    ondemand::object object;
    domain::Alert alert;
    auto broken = reader.open(document);
    if (broken == simdjson::SUCCESS && line[line.find_first_not_of(" \t\r\n")] != '{' && !diagnose(line)) {
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
    cut_pointer(field.pointer);
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
    bool may_be_alert = false;
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
            may_be_alert = root.may_be_alert;
            break;
        }
        default:
            if (diagnose(body)) return malformed_json(body);
            return field_error("", "The body must be an alert, an array of alerts or {\"alerts\": […]}.");
    }
    if (broken != simdjson::SUCCESS) return malformed_json(body);
    if (error) return std::move(*error);
    if (!reader.at_end()) return malformed_json(body);
    if (may_be_alert && recognise_foreign(body).empty()) {
        Reader again(lease, lease.text(), limits.max_json_depth);
        again.expect_repairs(repairs);
        auto item = read_line(again, lease.text(), Path(), origin, limits);
        if (batch.empty() || std::holds_alternative<domain::Alert>(item)) {
            batch.clear();
            batch.push_back(std::move(item));
        }
    }
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
    std::size_t warned = 0;
    while (!rest.empty()) {
        auto line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        line = without_mark(line);  // files that were put together have one inside
        const auto begin = line.find_first_not_of(" \t\r");
        if (begin == std::string_view::npos) continue;
        if (batch.size() == limits.max_alerts_per_body) return too_many_alerts(alerts_bound(limits));
        line = line.substr(begin);
        Reader reader(lease, line, limits.max_json_depth);
        reader.expect_repairs(repairs);
        reader.expect_warnings(warned);
        batch.push_back(read_line(reader, line, root.element(batch.size()), origin, limits));
        if (const auto* alert = std::get_if<domain::Alert>(&batch.back())) warned += alert->warnings.size();
    }
    return batch;
}

}  // namespace

Result<Batch> parse_native_json(std::string_view body, const Origin& origin, const domain::AlertLimits& limits)
{
    if (auto refused = check_body(body, body_bound(limits))) return std::move(*refused);
    return read_repairing(body, false, [&](std::string_view text, std::span<const std::size_t> repairs) {
        return read_json(text, repairs, origin, limits);
    });
}

Result<Batch> parse_native_ndjson(std::string_view body, const Origin& origin, const domain::AlertLimits& limits)
{
    if (auto refused = check_body(body, body_bound(limits))) return std::move(*refused);
    return read_repairing(body, true, [&](std::string_view text, std::span<const std::size_t> repairs) {
        return read_lines(text, repairs, origin, limits);
    });
}

}  // namespace winnow::intake
