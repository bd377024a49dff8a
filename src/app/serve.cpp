/// @file
/// `winnow serve`, `winnow migrate`, `winnow config check`.

#include "app/commands.hpp"
#include "app/config/config.hpp"
#include "app/config/config_check.hpp"
#include "app/config/environment.hpp"
#include "app/node.hpp"
#include "app/serving.hpp"
#include "app/signals.hpp"
#include "winnow/observe/log.hpp"
#include "winnow/pg/database_checks.hpp"
#include "winnow/pg/migrator.hpp"
#include "winnow/pg/options.hpp"

#include <nlohmann/json.hpp>

#include <sys/prctl.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <utility>
#include <vector>

namespace winnow::app {

namespace {

constexpr int kFailed = 1;
constexpr int kWrongConfiguration = 2;

/// A configuration, and everything that is wrong with it.
struct Loaded {
    Config config;
    std::vector<FieldError> problems;   ///< It cannot be served with.
    std::vector<FieldError> tolerable;  ///< It can, but should not be.
};

Loaded load_for_serving(const std::string& file)
{
    auto reading = read_config(file);
    Loaded loaded{.config = std::move(reading.config), .problems = std::move(reading.problems), .tolerable = {}};
    if (!reading.understood) return loaded;
    const auto is_named = [known = loaded.problems](const std::string& path) {
        return std::ranges::any_of(known, [&](const FieldError& problem) {
            return problem.detail.starts_with(path + " ") || problem.detail.starts_with(path + "_file ");
        });
    };
    if (const auto complete = complete_for_serving(loaded.config); !complete) {
        for (const auto& missing : complete.error().fields()) {
            if (!is_named(missing.pointer)) loaded.problems.push_back({.pointer = file, .detail = missing.detail});
        }
    }
    for (auto& finding : look_closer(loaded.config, file)) {
        (finding.tolerable ? loaded.tolerable : loaded.problems).push_back(std::move(finding.error));
    }
    for (auto& unread : unread_variables()) loaded.tolerable.push_back(std::move(unread));
    secure_database(loaded.config.database, loaded.config.vault);
    return loaded;
}

enum class Waited : std::uint8_t { for_it, told_to_stop };

/// A database that is away, or just starting, is waited for: an operator may start both together, and a supervisor
/// that gives up after a few starts must not end the night. What only an operator can mend is an error at once.
Result<Waited> wait_for_database(const Config& config, Signals& signals)
{
    constexpr std::chrono::seconds kPause{2};
    while (true) {
        auto usable = check_database(config.database);
        if (usable) usable = check_region(config);
        if (usable) usable = check_vault(config);
        if (usable) return Waited::for_it;
        const auto code = usable.error().code();
        if (code != ErrorCode::unavailable && code != ErrorCode::timeout) return usable.error();
        observe::warn("waiting for the database, not serving yet", {{"reason", usable.error().message()}});
        if (signals.asked_to_stop_within(kPause)) return Waited::told_to_stop;
    }
}

}  // namespace

/// The limit is for who obeys it; a program that cores are piped to need not, so the kernel is told not to make one at
/// all.
void forbid_core_dumps()
{
    const rlimit none{};
    if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0) {
        observe::warn("core dumps cannot be switched off", {{"reason", std::strerror(errno)}});
    }
}

void print_problems(const Error& error)
{
    for (const auto& field : error.fields()) {
        // A place that the sentence begins with, or a variable that it is about, is not said twice.
        const bool told = field.pointer.empty() || field.detail.starts_with(field.pointer + " ") ||
                          (field.pointer.starts_with("WINNOW_") && field.detail.contains(field.pointer));
        std::cerr << "winnow: " << (told ? "" : field.pointer + ": ") << field.detail << '\n';
    }
    if (error.fields().empty()) std::cerr << "winnow: " << error.message() << '\n';
}

void serve_until_signalled(Node& node, const Config& config, Signals& signals)
{
    while (signals.wait_for_reload()) {
        if (const auto wrong = problem_of_certificates(config); !wrong.empty()) {
            observe::error("certificates not reloaded; those in use stay", {{"reason", wrong}});
        } else if (const auto reloaded = node.reload_certificates(); reloaded) {
            observe::info("certificates reloaded");
        } else {
            observe::error("certificates not reloaded; those in use stay", {{"reason", reloaded.error().message()}});
        }
    }
    signals.release();
    node.stop();
}

int run_serve(const std::string& config_file)
{
    const auto loaded = load_for_serving(config_file);
    if (!loaded.problems.empty()) {
        print_problems(Error(loaded.problems));
        return kWrongConfiguration;
    }
    const auto& config = loaded.config;
    Signals signals;
    observe::start_log(config.log.format, config.log.level);
    for (const auto& problem : loaded.tolerable) {
        observe::warn("the configuration should be mended", {{"at", problem.pointer}, {"detail", problem.detail}});
    }
    forbid_core_dumps();
    raise_open_files_limit(config);
    const auto usable = wait_for_database(config, signals);
    if (!usable) {
        print_problems(usable.error());
        return kFailed;
    }
    if (*usable == Waited::told_to_stop) return 0;
    Node node(config);
    serve_until_signalled(node, config, signals);
    return 0;
}

namespace {

struct ToMigrate {
    std::string name;  ///< Of the key or the option that says it.
    std::string url;
    bool is_vault = false;
};

int migrate_one(const ToMigrate& wanted, const DatabaseConfig& tls)
{
    if (const auto wrong = pg::problem_of_connection_string(wanted.url); !wrong.empty()) {
        std::cerr << "winnow: " << wanted.name << ' ' << wrong << '\n';
        return kWrongConfiguration;
    }
    const auto url = pg::with_tls(wanted.url, tls.sslmode, tls.ca_file);
    if (const auto entered = pg::check_login(url); !entered) {
        std::cerr << "winnow: " << wanted.name << ": cannot log in: " << entered.error().message() << '\n';
        return kFailed;
    }
    const std::string whose = wanted.is_vault ? "the vault: " : "";
    const auto tell = [&](std::size_t done, std::size_t total, std::string_view name) {
        if (!name.empty()) std::cerr << whose << "applying " << name << " (" << done + 1 << " of " << total << ")\n";
    };
    const auto migrated = wanted.is_vault ? pg::migrate_vault(url, tell) : pg::migrate(url, tell);
    if (!migrated) {
        print_problems(migrated.error());
        return kFailed;
    }
    std::cerr << whose
              << (*migrated == 0 ? std::string("nothing to do: the schema is up to date")
                                 : std::to_string(*migrated) + " applied")
              << '\n';
    return 0;
}

}  // namespace

int run_migrate(const std::string& config_file, const std::string& url, const std::string& vault_url)
{
    DatabaseConfig tls;
    std::vector<ToMigrate> wanted;
    if (!url.empty()) wanted.push_back({.name = "--url", .url = url});
    if (!vault_url.empty()) wanted.push_back({.name = "--vault-url", .url = vault_url, .is_vault = true});
    if (wanted.empty()) {
        const auto config = load_config(config_file);
        if (!config) {
            print_problems(config.error());
            return kWrongConfiguration;
        }
        tls = config->database;
        if (tls.owner_url.empty()) {
            std::cerr << "winnow: which database? Give --url, or database.owner_url in " << config_file << '\n';
            return kWrongConfiguration;
        }
        wanted.push_back({.name = "database.owner_url", .url = tls.owner_url});
        const auto& vault = config->vault.owner_url;
        if (!vault.empty()) wanted.push_back({.name = "vault.owner_url", .url = vault, .is_vault = true});
    }
    observe::start_log(observe::LogFormat::automatic, observe::Level::warning);
    for (const auto& each : wanted) {
        if (const auto status = migrate_one(each, tls); status != 0) return status;
    }
    return 0;
}

int run_config_check(const std::string& config_file, bool json)
{
    auto loaded = load_for_serving(config_file);
    auto& found = loaded.problems;
    found.insert(found.end(), loaded.tolerable.begin(), loaded.tolerable.end());
    if (json) {
        auto problems = nlohmann::json::array();
        for (const auto& field : found) problems.push_back({{"at", field.pointer}, {"detail", field.detail}});
        std::cout << nlohmann::json{{"valid", found.empty()}, {"problems", problems}}.dump(
                         2, ' ', false, nlohmann::json::error_handler_t::replace)
                  << '\n';
    } else if (found.empty()) {
        std::cout << config_file << " is complete and correct\n";
    } else {
        print_problems(Error(found));
    }
    return found.empty() ? 0 : kWrongConfiguration;
}

}  // namespace winnow::app
