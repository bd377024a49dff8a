#include "intake/senders/batch_reader.hpp"

#include "intake/alert/alert_fields.hpp"
#include "intake/json/json_repair.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace winnow::intake {

std::string_view without_mark(std::string_view text) noexcept
{
    constexpr std::string_view kMark = "\xEF\xBB\xBF";
    if (text.starts_with(kMark)) text.remove_prefix(kMark.size());
    return text;
}

namespace {

std::string whose(const Bound& bound)
{
    return " (" + std::string(bound.setting) + " of this server)";
}

}  // namespace

std::optional<Error> check_body(std::string_view& body, const Bound& bytes)
{
    if (body.size() > bytes.most) {
        return Error(ErrorCode::too_large, "The body is larger than " + std::to_string(bytes.most) + " bytes" +
                                               whose(bytes) + "; send fewer alerts at a time.");
    }
    body = without_mark(body);
    if (body.find_first_not_of(" \t\r\n") == std::string_view::npos) {
        return field_error("", "The body is empty; send at least one alert.");
    }
    return std::nullopt;
}

bool names_alerts(std::string_view name) noexcept
{
    constexpr std::string_view kName = "alerts";
    return name.size() == kName.size() && std::ranges::equal(name, kName, {}, [](char c) {
               return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
           });
}

Error no_alerts()
{
    return field_error("", "The body holds no alerts; send at least one.");
}

Error too_many_alerts(const Bound& alerts)
{
    return Error(ErrorCode::too_large, "The body holds more than " + std::to_string(alerts.most) + " alerts" +
                                           whose(alerts) + "; send fewer at a time.");
}

namespace {

bool is_malformed(const FieldError& field)
{
    return field.code == "malformed_json";
}

bool has_malformed(const Result<Batch>& batch)
{
    if (!batch) return std::ranges::any_of(batch.error().fields(), is_malformed);
    return std::ranges::any_of(*batch, [](const Item& item) {
        const auto* refused = std::get_if<FieldError>(&item);
        return refused != nullptr && is_malformed(*refused);
    });
}

}  // namespace

Result<Batch> read_repairing(std::string_view body, bool by_lines, const ReadBody& read)
{
    auto batch = read(body, {});
    if (!has_malformed(batch)) return batch;
    const auto repaired = repair_text(body, by_lines);
    if (repaired.places.empty()) return batch;
    return read(repaired.text, repaired.places);
}

void finish_item(Reader& reader, const Path& at, std::string_view json, const domain::AlertLimits& limits, Item& item)
{
    constexpr std::string_view kSpace = " \t\r\n";
    // What is kept may be longer than what was sent: labels that were cut, and links, are whole in details, too.
    constexpr std::size_t kMostGrowth = 8;
    const auto bytes = json.find_last_not_of(kSpace) + 1 - json.find_first_not_of(kSpace);
    if (bytes > limits.max_alert_bytes / kMostGrowth && !reader.refused())
        shrink(reader, at, limits, std::get<domain::Alert>(item));
    auto warnings = reader.take_warnings();
    if (auto refusal = reader.take_refusal()) {
        item = std::move(*refusal);
    } else if (!warnings.empty()) {
        std::get<domain::Alert>(item).warnings = std::move(warnings);
    }
}

Syntax read_array(Reader& reader, ondemand::array elements, const Path& at, const ReadAlert& read,
                  const domain::AlertLimits& limits, const Bound& most, Batch& batch, std::optional<Error>& error)
{
    constexpr std::size_t kUsualBytes = 256;  // of an alert's JSON; moving alerts about costs more than empty room
    batch.reserve(std::min(most.most, reader.size() / kUsualBytes + 1));
    const auto before = batch.size();
    for (auto element : elements) {
        if (batch.size() == most.most) {
            error = too_many_alerts(most);
            return simdjson::SUCCESS;
        }
        ondemand::value value;
        if (const auto broken = std::move(element).get(value); broken != simdjson::SUCCESS) return broken;
        const auto here = at.element(batch.size() - before);
        const char* const begin = value.raw_json_token().data();
        auto& item = batch.emplace_back();  // filled where it stands: an alert is half a kilobyte
        auto broken = simdjson::SUCCESS;
        if (Reader::kind_of(value) == '{') {
            ondemand::object object;
            broken = value.get_object().get(object);
            if (broken == simdjson::SUCCESS) broken = read(reader, object, here, std::get<domain::Alert>(item));
        } else {
            reader.refuse(here, "must be an object: one alert");
            broken = reader.skip(value, here, 1);
        }
        if (broken != simdjson::SUCCESS) return broken;
        const std::string_view json(begin, static_cast<std::size_t>(reader.position() - begin));
        finish_item(reader, here, json, limits, item);
    }
    return simdjson::SUCCESS;
}

}  // namespace winnow::intake
