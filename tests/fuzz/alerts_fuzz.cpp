/// @file
/// Any bytes as a body: every reader either refuses it or gives alerts that keep their promises.

#include "winnow/base/text.hpp"
#include "winnow/intake/canonical.hpp"
#include "winnow/intake/formats.hpp"
#include "winnow/intake/sender.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace winnow;

void require(bool holds)
{
    if (!holds) std::abort();
}

// What is said of a body is bounded, whatever it holds.
void require_short(const FieldError& field)
{
    require(field.pointer.size() <= 512 && field.detail.size() <= 2'048);
}

void check(const Result<intake::Batch>& batch, std::size_t max_alerts, const domain::AlertLimits& limits)
{
    if (!batch) {
        for (const auto& field : batch.error().fields()) require_short(field);
        return require(!batch.error().message().empty());
    }
    require(batch->size() <= max_alerts);
    for (const auto& item : *batch) {
        const auto* alert = std::get_if<domain::Alert>(&item);
        if (alert == nullptr) {
            require_short(std::get<FieldError>(item));
            require(!std::get<FieldError>(item).detail.empty());
            continue;
        }
        require(!alert->title.empty() && !alert->dedup_key.empty());
        require(is_valid_utf8(alert->title) && is_valid_utf8(alert->details) && is_valid_utf8(alert->description));
        require(!alert->title.contains('\0') && alert->labels.size() <= limits.max_labels);
        require(alert->warnings.size() <= 17 && alert->details.size() <= limits.max_alert_bytes);
        for (const auto& warning : alert->warnings) {
            require_short(warning);
            require(is_valid_utf8(warning.pointer) && !warning.detail.empty());
        }
        std::string line;
        intake::append_canonical(*alert, line);
        const auto back = intake::read_canonical(line);
        require(back.has_value() && *back == *alert && !line.contains('\n'));
    }
}

/// A head without anything.
class NoFields final : public intake::RequestFields {
public:
    [[nodiscard]] std::string_view header(std::string_view /*name*/) const override { return ""; }
    [[nodiscard]] std::optional<std::string> query(std::string_view /*name*/) const override { return {}; }
    [[nodiscard]] std::string_view parameter(std::string_view /*name*/) const override { return ""; }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view body(reinterpret_cast<const char*>(data), size);
    const domain::AlertLimits limits;
    const intake::Origin origin{.integration_id = {}, .integration = "fuzz", .received_at = {}};
    for (const auto* sender : intake::senders()) {
        for (const auto& path : sender->paths) {
            const bool pushes = path.max_bytes == &domain::AlertLimits::max_push_bytes;
            const auto max_alerts = pushes ? limits.max_alerts_per_push : limits.max_alerts_per_body;
            for (const auto& format : path.formats) {
                check(format.parse({.body = body,
                                    .fields = NoFields(),
                                    .origin = origin,
                                    .limits = limits,
                                    .resolve_timeout = std::chrono::minutes{5}}),
                      max_alerts, limits);
            }
        }
    }
    require(is_valid_utf8(intake::recognise_foreign(body)));
    return 0;
}
