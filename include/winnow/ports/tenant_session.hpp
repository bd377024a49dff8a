#pragma once

/// @file
/// One tenant's transaction, as the REST resources use it. Row-level security holds the tenant; the stores below
/// are the nouns.

#include "winnow/access/groups.hpp"
#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"

#include <chrono>
#include <functional>
#include <utility>

namespace winnow::ports {

class AlertArchive;
class TicketStore;
class RuleStore;
class ContactStore;
class IntegrationStore;
class DeliveryStore;
class SettingsStore;
class UserStore;
class AccessKeyStore;
class DirectoryStore;
class ReceiptStore;
class SilenceStore;
class InhibitionStore;
class MaintenanceStore;
class NoiseStore;
class RulesetHistory;
class BacktestStore;
class AuditStore;
class ThrottleStore;
class SessionStore;
class FactorStore;
class LinkStore;
class ServerMailStore;
class AccessLog;
class QuotaStore;
class ExportStore;
class OidcStore;
class AnnouncementStore;
class InquiryStore;
class SupportGrantStore;
class ManagementGroupStore;
class ImportStore;

/// An open transaction under the api role with the tenant set. Use on the thread it was given on, and not after.
class TenantSession {
public:
    TenantSession() = default;
    TenantSession(const TenantSession&) = delete;
    TenantSession& operator=(const TenantSession&) = delete;
    virtual ~TenantSession() = default;

    [[nodiscard]] virtual TenantId tenant() const noexcept = 0;

    [[nodiscard]] virtual AlertArchive& alerts() = 0;
    [[nodiscard]] virtual TicketStore& tickets() = 0;
    [[nodiscard]] virtual RuleStore& rules() = 0;
    [[nodiscard]] virtual ContactStore& contacts() = 0;
    [[nodiscard]] virtual IntegrationStore& integrations() = 0;
    [[nodiscard]] virtual DeliveryStore& deliveries() = 0;
    [[nodiscard]] virtual SettingsStore& settings() = 0;
    [[nodiscard]] virtual UserStore& users() = 0;
    [[nodiscard]] virtual AccessKeyStore& access_keys() = 0;
    [[nodiscard]] virtual DirectoryStore& directory() = 0;
    [[nodiscard]] virtual ReceiptStore& receipts() = 0;
    [[nodiscard]] virtual SilenceStore& silences() = 0;
    [[nodiscard]] virtual InhibitionStore& inhibitions() = 0;
    [[nodiscard]] virtual RulesetHistory& ruleset_history() = 0;
    [[nodiscard]] virtual NoiseStore& noise() = 0;
    [[nodiscard]] virtual MaintenanceStore& maintenance() = 0;
    [[nodiscard]] virtual BacktestStore& backtests() = 0;
    [[nodiscard]] virtual AuditStore& audit() = 0;
    [[nodiscard]] virtual ThrottleStore& throttles() = 0;
    [[nodiscard]] virtual SessionStore& sessions() = 0;
    [[nodiscard]] virtual FactorStore& factors() = 0;
    [[nodiscard]] virtual LinkStore& links() = 0;
    [[nodiscard]] virtual ServerMailStore& server_mails() = 0;
    [[nodiscard]] virtual AccessLog& access_log() = 0;
    [[nodiscard]] virtual QuotaStore& quotas() = 0;
    [[nodiscard]] virtual ExportStore& exports() = 0;
    [[nodiscard]] virtual OidcStore& oidc() = 0;
    [[nodiscard]] virtual AnnouncementStore& announcements() = 0;
    [[nodiscard]] virtual InquiryStore& inquiries() = 0;
    [[nodiscard]] virtual SupportGrantStore& support_grants() = 0;
    [[nodiscard]] virtual ManagementGroupStore& management_groups() = 0;
    [[nodiscard]] virtual ImportStore& imports() = 0;
};

/// Runs transactions on database threads, so that nobody else ever blocks on PostgreSQL.
class TenantDatabase {
public:
    TenantDatabase() = default;
    TenantDatabase(const TenantDatabase&) = delete;
    TenantDatabase& operator=(const TenantDatabase&) = delete;
    virtual ~TenantDatabase() = default;

    /// The job's error rolls back; its success commits. Must not throw for expected failures.
    using Job = std::move_only_function<Result<Done>(TenantSession&)>;
    using Finished = std::move_only_function<void(Result<Done>)>;

    struct Terms {
        /// Whether nobody waits for the outcome any more: a job that was not begun is dropped then, and finished with
        /// `timeout`. Thread-safe and quick; empty: somebody always does.
        std::function<bool()> given_up;
        std::chrono::milliseconds statement_timeout{0};  ///< Of each statement; 0: the store's own.

        /// All that the job reads is of one moment, a write is an error, and no change of configuration is looked for.
        bool reads_only = false;

        /// To which management groups who asks is narrowed; null: to none. The job sees and changes nothing else.
        access::Groups groups = {};
    };

    /// Queues `job` in the tenant's queue; `finished` is called once, on a database thread, after commit or roll-back.
    /// Where there is no room it is called at once, on the caller's thread: with `rate_limited` where the tenant has
    /// its share of the queue, and with `unavailable` where all of the queue is full.
    virtual void submit(TenantId tenant, Job job, Finished finished, Terms terms) = 0;
    void submit(TenantId tenant, Job job, Finished finished)
    {
        submit(tenant, std::move(job), std::move(finished), Terms{});
    }

    /// False while no session is to be had; it is tried again without a call.
    [[nodiscard]] virtual bool healthy() const { return true; }
};

}  // namespace winnow::ports
