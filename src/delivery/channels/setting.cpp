#include "delivery/channels/setting.hpp"

#include "winnow/observe/log.hpp"

#include <utility>

namespace winnow::delivery {

namespace {

constexpr std::string_view kKeyIsAway =
    "This service cannot reach the key of the contact's settings now, and tries again.";

}  // namespace

Result<std::string> setting_of(const ports::ClaimedDelivery& message, std::string_view name, ports::Sealing& sealing)
{
    const auto& setting = message.contact.setting(name);
    if (!setting.illegible.empty()) return Error(ErrorCode::internal, "another version of this program wrote it");
    if (setting.sealed.empty()) return setting.shown;
    return sealing.open(domain::sealed_setting_place(message.tenant, message.contact.id, name), setting.sealed);
}

std::unexpected<ports::SendReport> unreadable(const ports::ClaimedDelivery& message, const Error& error,
                                              std::string_view log, std::string_view told)
{
    // A vault that is away tells of itself, once; of each attempt meanwhile the log would be full.
    const bool is_away = error.code() == ErrorCode::unavailable;
    if (!is_away) observe::error(log, {{"contact", message.contact.id.str()}, {"reason", error.message()}});
    ports::SendReport report;
    report.error = is_away ? kKeyIsAway : told;
    return std::unexpected(std::move(report));
}

std::unexpected<ports::SendReport> refused(std::string_view told)
{
    ports::SendReport report;
    report.outcome = ports::SendReport::Outcome::refused;
    report.error = told;
    return std::unexpected(std::move(report));
}

}  // namespace winnow::delivery
