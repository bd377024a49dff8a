#pragma once

/// @file
/// A database that runs what it is given at once, and what the tests of handlers do in it.

#include "winnow/ports/tenant_session.hpp"

#include <atomic>
#include <chrono>
#include <ctime>
#include <stdexcept>
#include <utility>

namespace winnow::api {

/// A session of which nothing is read.
class NoSession : public ports::TenantSession {
public:
    [[nodiscard]] TenantId tenant() const noexcept override { return {}; }
    ports::AlertArchive& alerts() override { return none<ports::AlertArchive>(); }
    ports::TicketStore& tickets() override { return none<ports::TicketStore>(); }
    ports::RuleStore& rules() override { return none<ports::RuleStore>(); }
    ports::ContactStore& contacts() override { return none<ports::ContactStore>(); }
    ports::IntegrationStore& integrations() override { return none<ports::IntegrationStore>(); }
    ports::DeliveryStore& deliveries() override { return none<ports::DeliveryStore>(); }
    ports::SettingsStore& settings() override { return none<ports::SettingsStore>(); }
    ports::UserStore& users() override { return none<ports::UserStore>(); }
    ports::AccessKeyStore& access_keys() override { return none<ports::AccessKeyStore>(); }
    ports::DirectoryStore& directory() override { return none<ports::DirectoryStore>(); }
    ports::ReceiptStore& receipts() override { return none<ports::ReceiptStore>(); }
    ports::SilenceStore& silences() override { return none<ports::SilenceStore>(); }
    ports::InhibitionStore& inhibitions() override { return none<ports::InhibitionStore>(); }
    ports::RulesetHistory& ruleset_history() override { return none<ports::RulesetHistory>(); }
    ports::NoiseStore& noise() override { return none<ports::NoiseStore>(); }
    ports::MaintenanceStore& maintenance() override { return none<ports::MaintenanceStore>(); }
    ports::BacktestStore& backtests() override { return none<ports::BacktestStore>(); }
    ports::AuditStore& audit() override { return none<ports::AuditStore>(); }
    ports::ThrottleStore& throttles() override { return none<ports::ThrottleStore>(); }
    ports::SessionStore& sessions() override { return none<ports::SessionStore>(); }
    ports::FactorStore& factors() override { return none<ports::FactorStore>(); }
    ports::LinkStore& links() override { return none<ports::LinkStore>(); }
    ports::ServerMailStore& server_mails() override { return none<ports::ServerMailStore>(); }
    ports::AccessLog& access_log() override { return none<ports::AccessLog>(); }
    ports::QuotaStore& quotas() override { return none<ports::QuotaStore>(); }
    ports::ExportStore& exports() override { return none<ports::ExportStore>(); }
    ports::OidcStore& oidc() override { return none<ports::OidcStore>(); }
    ports::AnnouncementStore& announcements() override { return none<ports::AnnouncementStore>(); }
    ports::InquiryStore& inquiries() override { return none<ports::InquiryStore>(); }
    ports::SupportGrantStore& support_grants() override { return none<ports::SupportGrantStore>(); }
    ports::ManagementGroupStore& management_groups() override { return none<ports::ManagementGroupStore>(); }
    ports::ImportStore& imports() override { return none<ports::ImportStore>(); }

private:
    template <typename Store>
    [[noreturn]] static Store& none()
    {
        throw std::logic_error("nothing is to be read here");
    }
};

/// Runs each job at once, on the caller's thread.
class OneSession final : public ports::TenantDatabase {
public:
    using TenantDatabase::submit;
    void submit(TenantId /*tenant*/, Job job, Finished finished, Terms terms) override
    {
        last_timeout = terms.statement_timeout;
        if (terms.given_up && terms.given_up()) return finished(Error(ErrorCode::timeout, "given up"));
        if (refuses.exchange(false)) return finished(Error(ErrorCode::rate_limited, "too many wait"));
        NoSession session;
        in_transaction = true;
        auto done = job(session);
        in_transaction = false;
        finished(std::move(done));
    }

    std::atomic<bool> in_transaction = false;
    std::atomic<bool> refuses = false;  ///< The next job.
    std::atomic<std::chrono::milliseconds> last_timeout{};
};

/// So much of a processor, however busy the machine is.
inline void work_for(std::chrono::nanoseconds time)
{
    const auto now = [] {
        timespec spent{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
        return std::chrono::seconds(spent.tv_sec) + std::chrono::nanoseconds(spent.tv_nsec);
    };
    for (const auto end = now() + time; now() < end;) {
    }
}

}  // namespace winnow::api
