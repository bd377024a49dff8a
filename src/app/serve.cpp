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
    secure_database(loaded.config.database);
    return loaded;
}

enum class Waited : std::uint8_t { for_it, told_to_stop };

/// A database that is away, or just starting, is waited for: an operator may start both together, and a supervisor
/// that gives up after a few starts must not end the night. What only an operator can mend is an error at once.
Result<Waited> wait_for_database(const DatabaseConfig& database, Signals& signals)
{
    constexpr std::chrono::seconds kPause{2};
    while (true) {
        const auto usable = check_database(database);
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
    const auto usable = wait_for_database(config.database, signals);
    if (!usable) {
        print_problems(usable.error());
        return kFailed;
    }
    if (*usable == Waited::told_to_stop) return 0;
    Node node(config);
    serve_until_signalled(node, config, signals);
    return 0;
}

int run_migrate(const std::string& config_file, const std::string& url)
{
    auto target = url;
    DatabaseConfig database;
    if (target.empty()) {
        const auto config = load_config(config_file);
        if (!config) {
            print_problems(config.error());
            return kWrongConfiguration;
        }
        database = config->database;
        target = database.owner_url;
    }
    const bool given = !url.empty();
    if (target.empty()) {
        std::cerr << "winnow: which database? Give --url, or database.owner_url in " << config_file << '\n';
        return kWrongConfiguration;
    }
    const std::string name = given ? "--url" : "database.owner_url";
    if (const auto wrong = pg::problem_of_connection_string(target); !wrong.empty()) {
        std::cerr << "winnow: " << name << ' ' << wrong << '\n';
        return kWrongConfiguration;
    }
    target = pg::with_tls(target, database.sslmode, database.ca_file);
    observe::start_log(observe::LogFormat::automatic, observe::Level::warning);
    if (const auto entered = pg::check_login(target); !entered) {
        std::cerr << "winnow: " << name << ": cannot log in: " << entered.error().message() << '\n';
        return kFailed;
    }
    const auto migrated = pg::migrate(target, [](std::size_t done, std::size_t total, std::string_view name) {
        if (!name.empty()) std::cerr << "applying " << name << " (" << done + 1 << " of " << total << ")\n";
    });
    if (!migrated) {
        print_problems(migrated.error());
        return kFailed;
    }
    std::cerr << (*migrated == 0 ? std::string("nothing to do: the schema is up to date")
                                 : std::to_string(*migrated) + " applied")
              << '\n';
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
