#pragma once

/// @file
/// One factory a noun: its store inside an open transaction of the role winnow_api with the tenant set. Each is
/// defined in src/pg/<noun>/. Private to pg.
///
/// `tx` outlives the store. A store turns exceptions into Errors itself (sql_errors.hpp: `translated`). It may count on
/// row-level security, and names tenant_id in its statements all the same.

#include "winnow/access/groups.hpp"
#include "winnow/base/uuid.hpp"

#include <pqxx/transaction_base>

#include <memory>

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
}  // namespace winnow::ports

namespace winnow::pg {

// shared_ptr, because it needs no complete type where the session lets go of its stores.

[[nodiscard]] std::shared_ptr<ports::AlertArchive> make_alert_archive(pqxx::transaction_base& tx, TenantId tenant);
/// Of those with `groups`: what a caller sees and changes who is narrowed to them, in the statements themselves,
/// whatever row-level security says besides.
[[nodiscard]] std::shared_ptr<ports::TicketStore> make_ticket_store(pqxx::transaction_base& tx, TenantId tenant,
                                                                    access::Groups groups = {});
[[nodiscard]] std::shared_ptr<ports::RuleStore> make_rule_store(pqxx::transaction_base& tx, TenantId tenant);
[[nodiscard]] std::shared_ptr<ports::ContactStore> make_contact_store(pqxx::transaction_base& tx, TenantId tenant);
[[nodiscard]] std::shared_ptr<ports::IntegrationStore> make_integration_store(pqxx::transaction_base& tx,
                                                                              TenantId tenant,
                                                                              access::Groups groups = {});
[[nodiscard]] std::shared_ptr<ports::DeliveryStore> make_delivery_store(pqxx::transaction_base& tx, TenantId tenant,
                                                                        access::Groups groups = {});
[[nodiscard]] std::shared_ptr<ports::SettingsStore> make_settings_store(pqxx::transaction_base& tx, TenantId tenant);
[[nodiscard]] std::shared_ptr<ports::UserStore> make_user_store(pqxx::transaction_base& tx, TenantId tenant);
[[nodiscard]] std::shared_ptr<ports::AccessKeyStore> make_access_key_store(pqxx::transaction_base& tx, TenantId tenant);
[[nodiscard]] std::shared_ptr<ports::DirectoryStore> make_directory_store(pqxx::transaction_base& tx, TenantId tenant);
[[nodiscard]] std::shared_ptr<ports::ReceiptStore> make_receipt_store(pqxx::transaction_base& tx, TenantId tenant);
[[nodiscard]] std::shared_ptr<ports::SilenceStore> make_silence_store(pqxx::transaction_base& tx, TenantId tenant);
[[nodiscard]] std::shared_ptr<ports::InhibitionStore> make_inhibition_store(pqxx::transaction_base& tx,
                                                                            TenantId tenant);
[[nodiscard]] std::shared_ptr<ports::RulesetHistory> make_ruleset_history(pqxx::transaction_base& tx, TenantId tenant);
[[nodiscard]] std::shared_ptr<ports::NoiseStore> make_noise_store(pqxx::transaction_base& tx, TenantId tenant);
[[nodiscard]] std::shared_ptr<ports::MaintenanceStore> make_maintenance_store(pqxx::transaction_base& tx,
                                                                              TenantId tenant);
[[nodiscard]] std::shared_ptr<ports::BacktestStore> make_backtest_store(pqxx::transaction_base& tx, TenantId tenant);
[[nodiscard]] std::shared_ptr<ports::AuditStore> make_audit_store(pqxx::transaction_base& tx, TenantId tenant);
[[nodiscard]] std::shared_ptr<ports::ThrottleStore> make_throttle_store(pqxx::transaction_base& tx, TenantId tenant);
[[nodiscard]] std::shared_ptr<ports::SessionStore> make_session_store(pqxx::transaction_base& tx, TenantId tenant);
[[nodiscard]] std::shared_ptr<ports::FactorStore> make_factor_store(pqxx::transaction_base& tx, TenantId tenant);
[[nodiscard]] std::shared_ptr<ports::LinkStore> make_link_store(pqxx::transaction_base& tx, TenantId tenant);
[[nodiscard]] std::shared_ptr<ports::ServerMailStore> make_server_mail_store(pqxx::transaction_base& tx,
                                                                             TenantId tenant);
[[nodiscard]] std::shared_ptr<ports::AccessLog> make_access_log(pqxx::transaction_base& tx, TenantId tenant);
[[nodiscard]] std::shared_ptr<ports::QuotaStore> make_quota_store(pqxx::transaction_base& tx, TenantId tenant);
[[nodiscard]] std::shared_ptr<ports::ExportStore> make_export_store(pqxx::transaction_base& tx, TenantId tenant);
[[nodiscard]] std::shared_ptr<ports::OidcStore> make_oidc_store(pqxx::transaction_base& tx, TenantId tenant);
[[nodiscard]] std::shared_ptr<ports::AnnouncementStore> make_announcement_store(pqxx::transaction_base& tx,
                                                                                TenantId tenant);
[[nodiscard]] std::shared_ptr<ports::InquiryStore> make_inquiry_store(pqxx::transaction_base& tx, TenantId tenant);
[[nodiscard]] std::shared_ptr<ports::SupportGrantStore> make_support_grant_store(pqxx::transaction_base& tx,
                                                                                 TenantId tenant);
[[nodiscard]] std::shared_ptr<ports::ManagementGroupStore> make_management_group_store(pqxx::transaction_base& tx,
                                                                                       TenantId tenant);
[[nodiscard]] std::shared_ptr<ports::ImportStore> make_import_store(pqxx::transaction_base& tx, TenantId tenant);

}  // namespace winnow::pg
