#include "api/security/security_answers.hpp"

#include <array>

namespace winnow::api {

namespace {

constexpr FeatureState on_if(bool so) noexcept
{
    return so ? FeatureState::on : FeatureState::off;
}

/// Of what no setting turns off.
constexpr FeatureState always(const SecurityFacts& /*facts*/) noexcept
{
    return FeatureState::on;
}

constexpr std::array kFeatures{
    SecurityFeature{.id = "tls",
                    .sections = "6.1, 13.4",
                    .what = {.en = "both listeners speak TLS 1.2 and 1.3 and nothing else",
                             .ja = "両方のリスナーはTLS 1.2と1.3のみを用いる"},
                    .documentation = "docs/security/cryptography.md#tls",
                    .state = always},
    SecurityFeature{.id = "client_certificates",
                    .sections = "6.1",
                    .what = {.en = "the customer listener asks for client certificates and verifies those that it gets",
                             .ja = "利用者用リスナーはクライアント証明書を求め、提示されたものを検証する"},
                    .documentation = "docs/security/cryptography.md#tls",
                    .state =
                        [](const SecurityFacts& facts) {
                            return on_if(facts.client_certificates);
                        }},
    SecurityFeature{
        .id = "credentials",
        .sections = "5.6",
        .what = {.en = "every request for a tenant's data needs a credential of that tenant, or a support grant",
                 .ja = "テナントのデータへの要求には、必ずそのテナントの認証情報またはサポート許可を要する"},
        .documentation = "docs/operations.md#tenants",
        .state = always},
    SecurityFeature{.id = "roles",
                    .sections = "5.3",
                    .what = {.en = "users have one of four roles, and every route asks for one permission",
                             .ja = "利用者は四つの役割のいずれかを持ち、すべての経路が一つの権限を求める"},
                    .documentation = "docs/security/controls.md#the-44-sections",
                    .state = always},
    SecurityFeature{
        .id = "management_groups",
        .sections = "5.3",
        .what = {.en = "users and keys can be narrowed to a part of their tenant, by the API and by the database",
                 .ja = "利用者とキーは、API とデータベースの両方で、テナントの一部に限定できる"},
        .documentation = "docs/security.md#management-groups",
        .state = always},
    SecurityFeature{
        .id = "second_factors",
        .sections = "5.5",
        .what = {.en = "people sign in by password, and by a one-time code as their tenant asks for it",
                 .ja = "利用者はパスワードで、テナントの定めに応じてワンタイムコードも用いてサインインする"},
        .documentation = "docs/sign-in.md#second-factors",
        .state = always},
    SecurityFeature{.id = "sessions",
                    .sections = "5.5, 5.6",
                    .what = {.en = "sessions end by the clock, and at once where access is taken away",
                             .ja = "セッションは時間で終わり、権限を失えば直ちに終わる"},
                    .documentation = "docs/sign-in.md#sessions",
                    .state = always},
    SecurityFeature{.id = "source_networks",
                    .sections = "5.6",
                    .what = {.en = "a tenant and each key can be limited to networks",
                             .ja = "テナントと各キーの利用元を、ネットワークで限定できる"},
                    .documentation = "docs/operations.md#source-networks",
                    .state = always},
    SecurityFeature{.id = "key_scopes",
                    .sections = "5.3, 5.4",
                    .what = {.en = "a user's key ends, and can be limited to some of what its user may",
                             .ja = "利用者のキーには期限があり、利用者の権限の一部に限定できる"},
                    .documentation = "docs/security.md#who-may-do-what",
                    .state = always},
    SecurityFeature{.id = "key_digests",
                    .sections = "6.2",
                    .what = {.en = "keys of users, senders and directories are shown once and kept as digests only",
                             .ja = "利用者・送信元・ディレクトリのキーは一度だけ表示し、ダイジェストのみを保存する"},
                    .documentation = "docs/security/cryptography.md#keys",
                    .state = always},
    SecurityFeature{.id = "provider_by_certificate",
                    .sections = "11.1",
                    .what = {.en = "the provider is let in by client certificate, and by no key",
                             .ja = "提供者はクライアント証明書でのみ認証し、キーでは認証しない"},
                    .documentation = "docs/operations.md#the-providers-key",
                    .state =
                        [](const SecurityFacts& facts) {
                            return on_if(facts.provider_by_certificate);
                        }},
    SecurityFeature{.id = "support_grants",
                    .sections = "11.1",
                    .what = {.en = "the provider's staff read a tenant's data only by leave of a second person, for an "
                                   "hour at most, and the tenant sees and ends it",
                             .ja = "提供者の担当者は、別の担当者の承認により最長1時間に限りテナントのデータを閲覧でき、"
                                   "テナントはそれを確認し終了できる"},
                    .documentation = "docs/operations.md#support-grants",
                    .state = always},
    SecurityFeature{.id = "management_listener",
                    .sections = "5.8, 5.9, 8.9",
                    .what = {.en = "management and metrics have a listener of their own",
                             .ja = "管理とメトリクスは専用のリスナーに分ける"},
                    .documentation = "docs/security.md#ports",
                    .state = always},
    SecurityFeature{.id = "row_level_security",
                    .sections = "5.8, 9.1",
                    .what = {.en = "below the API's checks the database keeps tenants apart by row-level security",
                             .ja = "APIの検査の下で、データベースの行レベルセキュリティがテナントを分離する"},
                    .documentation = "docs/decisions/proven-tenants.md",
                    .state = always},
    SecurityFeature{
        .id = "sealed_secrets",
        .sections = "6.1, 6.2",
        .what = {.en = "URLs and signing secrets of webhooks, and secrets of access keys, are sealed at rest with "
                       "AES-256-GCM",
                 .ja = "WebhookのURLと署名用の秘密、およびアクセスキーの秘密は、AES-256-GCMで暗号化して保存する"},
        .documentation = "docs/security/cryptography.md#algorithms",
        .state = always},
    SecurityFeature{
        .id = "tenant_keys",
        .sections = "6.2, 7.1",
        .what = {.en = "each tenant's secrets are sealed under a key of its own, from a vault beside the database",
                 .ja = "テナントごとの秘密は、データベースとは別の保管庫にある専用の鍵で暗号化する"},
        .documentation = "docs/decisions/vault.md",
        .state =
            [](const SecurityFacts& facts) {
                return on_if(facts.tenant_keys);
            }},
    SecurityFeature{.id = "data_region",
                    .sections = "2.2",
                    .what = {.en = "tenants say where their data must lie, and a node that is elsewhere serves nobody",
                             .ja = "テナントはデータの所在地域を定め、地域の異なるノードはサービスを行わない"},
                    .documentation = "docs/operations.md#data-regions",
                    .state =
                        [](const SecurityFacts& facts) {
                            return on_if(facts.data_region);
                        }},
    SecurityFeature{
        .id = "signed_webhooks",
        .sections = "6.1",
        .what = {.en = "webhooks carry a signature by HMAC-SHA-256", .ja = "WebhookにはHMAC-SHA-256の署名を付ける"},
        .documentation = "docs/security/cryptography.md#algorithms",
        .state = always},
    SecurityFeature{.id = "public_receivers_only",
                    .sections = "9.2",
                    .what = {.en = "webhooks reach public addresses only, by verified TLS",
                             .ja = "Webhookは検証済みのTLSで、公開アドレスにのみ到達する"},
                    .documentation = "docs/security.md#ports",
                    .state =
                        [](const SecurityFacts& facts) {
                            return on_if(facts.public_receivers_only);
                        }},
    SecurityFeature{.id = "mail_tls",
                    .sections = "6.1",
                    .what = {.en = "mail is handed over by verified TLS", .ja = "メールは検証済みのTLSで引き渡す"},
                    .documentation = "docs/security/cryptography.md#tls",
                    .state =
                        [](const SecurityFacts& facts) {
                            return facts.sends_mail ? on_if(facts.mail_by_tls) : FeatureState::not_used;
                        }},
    SecurityFeature{
        .id = "database_tls",
        .sections = "6.1",
        .what = {.en = "connections to the database stay on the machine, or are by TLS with its name verified",
                 .ja = "データベースへの接続は同一機器内に留まるか、名前まで検証したTLSで行う"},
        .documentation = "docs/operations.md#a-database-on-another-machine",
        .state =
            [](const SecurityFacts& facts) {
                return on_if(facts.database_verified);
            }},
    SecurityFeature{.id = "durable_commits",
                    .sections = "8.3",
                    .what = {.en = "the node serves on a database only that flushes what it commits",
                             .ja = "確定した内容をディスクに書き出すデータベースでのみ稼働する"},
                    .documentation = "docs/operations.md#install",
                    .state =
                        [](const SecurityFacts& facts) {
                            return on_if(facts.durable_commits);
                        }},
    SecurityFeature{
        .id = "audit_chain",
        .sections = "8.4, 12.3",
        .what =
            {.en =
                 "what changes access, settings and rules stands in a chain of records in which a change is found out",
             .ja = "権限・設定・ルールの変更は、改ざんを検出できる連鎖した記録に残る"},
        .documentation = "docs/operations.md#audit",
        .state = always},
    SecurityFeature{.id = "access_log",
                    .sections = "8.4",
                    .what = {.en = "every request for a tenant's data stands in its access log, or is summed there",
                             .ja = "テナントのデータへの要求は、すべてアクセスログに記録または集計される"},
                    .documentation = "docs/operations.md#access-log",
                    .state = always},
    SecurityFeature{.id = "limits",
                    .sections = "8.2",
                    .what = {.en = "every tenant has rates and limits, and takes turns with the others",
                             .ja = "すべてのテナントにレートと上限があり、順番に処理される"},
                    .documentation = "docs/operations.md#tenants",
                    .state = always},
    SecurityFeature{.id = "retention",
                    .sections = "4.3, 13.3",
                    .what = {.en = "what is over is forgotten after the time that its tenant has set",
                             .ja = "終わったものは、テナントが設定した期間の後に消去する"},
                    .documentation = "docs/operations.md#what-is-kept-and-for-how-long",
                    .state = always},
    SecurityFeature{.id = "exports",
                    .sections = "13.3",
                    .what = {.en = "a tenant takes along all that it owns as one archive",
                             .ja = "テナントは、保有するすべてのデータを一つのアーカイブとして取り出せる"},
                    .documentation = "docs/operations.md#exports",
                    .state = always},
};

}  // namespace

std::string_view to_string(FeatureState state) noexcept
{
    switch (state) {
        case FeatureState::off: return "off";
        case FeatureState::on: return "on";
        case FeatureState::not_used: return "not_used";
    }
    return "off";
}

std::span<const SecurityFeature> security_features()
{
    return kFeatures;
}

}  // namespace winnow::api
