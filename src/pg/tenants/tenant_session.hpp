#pragma once

/// @file
/// ports::TenantSession: the nouns' stores, made when first asked for. Private to pg.

#include "pg/session/noun_stores.hpp"
#include "winnow/ports/tenant_session.hpp"

#include <memory>
#include <utility>

namespace winnow::pg {

class PgTenantSession final : public ports::TenantSession {
public:
    PgTenantSession(pqxx::transaction_base& tx, TenantId tenant, access::Groups groups)
        : tx_(tx), tenant_(tenant), groups_(std::move(groups))
    {
    }

    [[nodiscard]] TenantId tenant() const noexcept override { return tenant_; }

    [[nodiscard]] ports::AlertArchive& alerts() override { return made(alerts_, make_alert_archive); }
    [[nodiscard]] ports::TicketStore& tickets() override { return narrowed(tickets_, make_ticket_store); }
    [[nodiscard]] ports::RuleStore& rules() override { return made(rules_, make_rule_store); }
    [[nodiscard]] ports::ContactStore& contacts() override { return made(contacts_, make_contact_store); }
    [[nodiscard]] ports::IntegrationStore& integrations() override
    {
        return narrowed(integrations_, make_integration_store);
    }
    [[nodiscard]] ports::DeliveryStore& deliveries() override { return narrowed(deliveries_, make_delivery_store); }
    [[nodiscard]] ports::SettingsStore& settings() override { return made(settings_, make_settings_store); }
    [[nodiscard]] ports::UserStore& users() override { return made(users_, make_user_store); }
    [[nodiscard]] ports::AccessKeyStore& access_keys() override { return made(access_keys_, make_access_key_store); }
    [[nodiscard]] ports::DirectoryStore& directory() override { return made(directory_, make_directory_store); }
    [[nodiscard]] ports::ReceiptStore& receipts() override { return made(receipts_, make_receipt_store); }
    [[nodiscard]] ports::SilenceStore& silences() override { return made(silences_, make_silence_store); }
    [[nodiscard]] ports::InhibitionStore& inhibitions() override { return made(inhibitions_, make_inhibition_store); }
    [[nodiscard]] ports::RulesetHistory& ruleset_history() override
    {
        return made(ruleset_history_, make_ruleset_history);
    }
    [[nodiscard]] ports::NoiseStore& noise() override { return made(noise_, make_noise_store); }
    [[nodiscard]] ports::MaintenanceStore& maintenance() override { return made(maintenance_, make_maintenance_store); }
    [[nodiscard]] ports::BacktestStore& backtests() override { return made(backtests_, make_backtest_store); }
    [[nodiscard]] ports::AuditStore& audit() override { return made(audit_, make_audit_store); }
    [[nodiscard]] ports::ThrottleStore& throttles() override { return made(throttles_, make_throttle_store); }
    [[nodiscard]] ports::SessionStore& sessions() override { return made(sessions_, make_session_store); }
    [[nodiscard]] ports::FactorStore& factors() override { return made(factors_, make_factor_store); }
    [[nodiscard]] ports::LinkStore& links() override { return made(links_, make_link_store); }
    [[nodiscard]] ports::ServerMailStore& server_mails() override
    {
        return made(server_mails_, make_server_mail_store);
    }
    [[nodiscard]] ports::AccessLog& access_log() override { return made(access_log_, make_access_log); }
    [[nodiscard]] ports::QuotaStore& quotas() override { return made(quotas_, make_quota_store); }
    [[nodiscard]] ports::ExportStore& exports() override { return made(exports_, make_export_store); }
    [[nodiscard]] ports::OidcStore& oidc() override { return made(oidc_, make_oidc_store); }
    [[nodiscard]] ports::AnnouncementStore& announcements() override
    {
        return made(announcements_, make_announcement_store);
    }
    [[nodiscard]] ports::InquiryStore& inquiries() override { return made(inquiries_, make_inquiry_store); }
    [[nodiscard]] ports::SupportGrantStore& support_grants() override
    {
        return made(support_grants_, make_support_grant_store);
    }
    [[nodiscard]] ports::ManagementGroupStore& management_groups() override
    {
        return made(management_groups_, make_management_group_store);
    }
    [[nodiscard]] ports::ImportStore& imports() override { return made(imports_, make_import_store); }

private:
    template <typename Store, typename Factory>
    Store& made(std::shared_ptr<Store>& store, Factory factory)
    {
        if (!store) store = factory(tx_, tenant_);
        return *store;
    }

    /// The same of what belongs to groups.
    template <typename Store, typename Factory>
    Store& narrowed(std::shared_ptr<Store>& store, Factory factory)
    {
        if (!store) store = factory(tx_, tenant_, groups_);
        return *store;
    }

    pqxx::transaction_base& tx_;
    TenantId tenant_;
    access::Groups groups_;
    std::shared_ptr<ports::AlertArchive> alerts_;
    std::shared_ptr<ports::TicketStore> tickets_;
    std::shared_ptr<ports::RuleStore> rules_;
    std::shared_ptr<ports::ContactStore> contacts_;
    std::shared_ptr<ports::IntegrationStore> integrations_;
    std::shared_ptr<ports::DeliveryStore> deliveries_;
    std::shared_ptr<ports::SettingsStore> settings_;
    std::shared_ptr<ports::UserStore> users_;
    std::shared_ptr<ports::AccessKeyStore> access_keys_;
    std::shared_ptr<ports::DirectoryStore> directory_;
    std::shared_ptr<ports::ReceiptStore> receipts_;
    std::shared_ptr<ports::SilenceStore> silences_;
    std::shared_ptr<ports::InhibitionStore> inhibitions_;
    std::shared_ptr<ports::RulesetHistory> ruleset_history_;
    std::shared_ptr<ports::NoiseStore> noise_;
    std::shared_ptr<ports::MaintenanceStore> maintenance_;
    std::shared_ptr<ports::BacktestStore> backtests_;
    std::shared_ptr<ports::AuditStore> audit_;
    std::shared_ptr<ports::ThrottleStore> throttles_;
    std::shared_ptr<ports::SessionStore> sessions_;
    std::shared_ptr<ports::FactorStore> factors_;
    std::shared_ptr<ports::LinkStore> links_;
    std::shared_ptr<ports::ServerMailStore> server_mails_;
    std::shared_ptr<ports::AccessLog> access_log_;
    std::shared_ptr<ports::QuotaStore> quotas_;
    std::shared_ptr<ports::ExportStore> exports_;
    std::shared_ptr<ports::OidcStore> oidc_;
    std::shared_ptr<ports::AnnouncementStore> announcements_;
    std::shared_ptr<ports::InquiryStore> inquiries_;
    std::shared_ptr<ports::SupportGrantStore> support_grants_;
    std::shared_ptr<ports::ManagementGroupStore> management_groups_;
    std::shared_ptr<ports::ImportStore> imports_;
};

}  // namespace winnow::pg
