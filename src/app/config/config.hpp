#pragma once

/// @file
/// The configuration file: one struct a module, read once, checked as a whole. Every key stands in config/winnow.yaml.

#include "winnow/base/result.hpp"
#include "winnow/crypto/argon2.hpp"
#include "winnow/delivery/channel.hpp"
#include "winnow/dispatch/dispatcher.hpp"
#include "winnow/domain/history.hpp"
#include "winnow/domain/limits.hpp"
#include "winnow/http/server.hpp"
#include "winnow/journal/writer.hpp"
#include "winnow/observe/log.hpp"
#include "winnow/pipeline/triage_service.hpp"
#include "winnow/routing/plan.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace winnow::app {

struct DatabaseConfig {
    std::string owner_url;  ///< winnow migrate
    std::string api_url;
    std::string pipeline_url;
    std::string provider_url;
    std::string sslmode = "verify-full";  ///< libpq's word, for a URL that names another machine and does not say.
    std::string ca_file;                  ///< PEM: authorities of the database's certificate; "": the system's.
    std::size_t api_connections = 4;
    bool allow_unsafe_durability = false;  ///< Serve although PostgreSQL may lose what it committed.
};

/// How tenants share REST on a node.
struct RestConfig {
    std::size_t waiting_per_tenant = 64;
    std::chrono::milliseconds statement_timeout{5'000};  ///< Of a request that only reads.
};

struct AnalysisConfig {
    std::size_t threads = 2;
    std::size_t waiting_per_tenant = 8;
};

struct BodiesConfig {
    std::size_t threads = 0;  ///< 0: two for each I/O thread.
    std::size_t max_waiting_bytes = std::size_t{128} << 20U;
};

struct NodeConfig {
    std::string name;            ///< "": the host's name.
    std::string data_region;     ///< "": it says of none.
    std::size_t io_threads = 0;  ///< 0: one a core.
    std::chrono::milliseconds grace{15'000};
};

struct ProviderConfig {
    std::string key_sha256;  ///< 32 bytes, from 64 hex digits; "": no bearer credential.
    std::vector<std::string> client_subjects;
    std::string support_address;  ///< Who is mailed what tenants ask; "": nobody.
};

struct DispatchConfig {
    dispatch::ShareOptions shares;
    routing::BackoffPolicy backoff;
};

struct LogConfig {
    observe::LogFormat format = observe::LogFormat::automatic;
    observe::Level level = observe::Level::info;
};

struct AuditConfig {
    std::string signing_key_file;  ///< An Ed25519 key in PEM; "": heads of audit chains are not signed.
    std::size_t keep_days = 400;
};

/// How tenants are erased.
struct ErasureConfig {
    std::chrono::milliseconds begins_after = std::chrono::minutes{5};  ///< It was asked for.
    std::size_t rewrite_bytes = std::size_t{64}
                                << 20U;  ///< Larger tables are not written anew, as nobody reads them then.
    std::size_t backup_days = 35;        ///< For how long the operator keeps backups.
};

struct PasswordsConfig {
    crypto::Argon2Cost hash;
    std::string pepper_file;                    ///< 32 bytes as of encryption_key_file; "": made of that key.
    std::vector<std::string> old_pepper_files;  ///< Under which stored hashes may still stand.
    std::string breached_file;                  ///< Sorted SHA-1 digests, 20 bytes each; "": none is looked for.
};

/// Where tenants' keys are; without a URL secrets are sealed under encryption_key_file.
struct VaultConfig {
    std::string owner_url;  ///< winnow migrate
    std::string url;
    std::vector<std::string> root_key_files;  ///< Two at most; the first wraps in a vault that has no keys yet.
    std::size_t renew_days = 90;              ///< A tenant's key seals for so long, then a new one does.
    std::size_t keep_retired_days = 35;       ///< Then it opens for so long at least, for backups of the database.
    std::size_t open_keys = 10'000;           ///< In memory.
};

/// Calls whose answers wait until they stand in the access log.
struct AccessLogConfig {
    std::size_t max_waiting = 2'000;
    std::size_t max_waiting_bytes = std::size_t{64} << 20U;  ///< Of their answers.
};

struct Config {
    http::ListenOptions customer;
    http::ListenOptions management;
    ProviderConfig provider;
    DatabaseConfig database;
    RestConfig rest;
    AnalysisConfig analysis;
    BodiesConfig bodies;
    NodeConfig node;
    domain::AlertLimits limits;
    domain::TenantLimits tenants;
    domain::HistoryLimits history;  ///< Under `tenants:`, too.
    std::chrono::milliseconds resolve_timeout = std::chrono::minutes{5};
    journal::WriterOptions journal;
    pipeline::TriageOptions triage{.workers = 2};
    DispatchConfig dispatch;
    delivery::DeliveryOptions delivery;
    LogConfig log;
    AuditConfig audit;
    ErasureConfig erasure;
    PasswordsConfig passwords;
    VaultConfig vault;
    AccessLogConfig access_log;
    std::string encryption_key_file;  ///< 32 bytes, raw or as 64 hex digits.

    /// What a file or the environment has set, by key: for messages about it.
    struct Setting {
        std::string place;  ///< "winnow.yaml:3:11", or the variable's name.
        std::vector<std::string> values;
    };
    std::map<std::string, Setting> settings;

    Config();
};

/// Reads a file over `base`, then the environment (WINNOW_DATABASE_API_URL is database.api_url). All problems are named
/// at once, each with file, line, column and what to change. A file that cannot be read is one of them.
[[nodiscard]] Result<Config> load_config(const std::string& file, Config base = {});

/// What could be read of a file or a text, and everything that is wrong with it.
struct Reading {
    Config config;                     ///< With what was good.
    std::vector<FieldError> problems;  ///< As load_config names them.
    bool understood = true;            ///< False: no such file, or no YAML: nothing more can be said about it.
};
[[nodiscard]] Reading read_config(const std::string& file, Config base = {});

/// The same from a text; `name` stands in the messages.
[[nodiscard]] Result<Config> parse_config(const std::string& text, const std::string& name, Config base = {});

/// The databases' URLs as they are connected to: with TLS as database.sslmode and database.ca_file say (pg::with_tls).
void secure_database(DatabaseConfig& database, VaultConfig& vault);

/// What `winnow serve` cannot do without.
[[nodiscard]] Result<Done> complete_for_serving(const Config& config);

/// Every key, in order: for config/winnow.yaml's test.
[[nodiscard]] std::vector<std::string> config_keys();

/// database.api_url → WINNOW_DATABASE_API_URL.
[[nodiscard]] std::string environment_name(const std::string& path);

}  // namespace winnow::app
