/// @file
/// `winnow dev`: everything on loopback from one command.

#include "app/commands.hpp"
#include "app/config/config.hpp"
#include "app/config/node_settings.hpp"
#include "app/dev/demo.hpp"
#include "app/dev/embedded_postgres.hpp"
#include "app/dev/left_clusters.hpp"
#include "app/dev/ready_file.hpp"
#include "app/dev/receiver.hpp"
#include "app/dev/state_folder.hpp"
#include "app/node.hpp"
#include "app/secrets.hpp"
#include "app/serving.hpp"
#include "app/signals.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/delivery/egress.hpp"
#include "winnow/observe/log.hpp"
#include "winnow/observe/metrics.hpp"
#include "winnow/pg/migrator.hpp"
#include "winnow/pg/sessions.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <iostream>
#include <stdexcept>

namespace winnow::app {

namespace {

constexpr int kWrongConfiguration = 2;

void say(const std::string& step)
{
    std::cerr << "winnow: " << step << std::endl;  // seen before the step begins
}

/// HOST:PORT of a mail server that asks for nothing.
Result<delivery::SmtpOptions> parse_smtp(const std::string& text)
{
    delivery::SmtpOptions smtp;
    if (text.empty()) return smtp;
    const auto colon = text.rfind(':');
    const auto* const end = text.data() + text.size();
    const auto parsed = colon == std::string::npos || colon == 0
                            ? std::from_chars_result{text.data(), std::errc::invalid_argument}
                            : std::from_chars(text.data() + colon + 1, end, smtp.port);
    if (parsed.ec != std::errc() || parsed.ptr != end || smtp.port == 0) {
        return field_error("--smtp", "takes HOST:PORT, such as 127.0.0.1:1025");
    }
    smtp.host = text.substr(0, colon);
    smtp.security = delivery::SmtpOptions::Security::none;
    return smtp;
}

/// One on which nothing listens now; 0 where there is none.
std::uint16_t free_port()
{
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket < 0) return 0;
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof place;
    auto* const address = reinterpret_cast<sockaddr*>(&place);
    const bool has_one = ::bind(socket, address, size) == 0 && ::getsockname(socket, address, &size) == 0;
    ::close(socket);
    return has_one ? ntohs(place.sin_port) : 0;
}

/// The development defaults, then the file and the environment over them.
Result<Config> make_config(const DevOptions& options, const dev::StateFolder& folder, const dev::Demo& demo)
{
    Config config;
    config.customer.port = options.customer_port == 0 ? demo.customer_port : options.customer_port;
    // Known beforehand: links in mails lead there.
    if (config.customer.port == 0) config.customer.port = free_port();
    config.delivery.public_url = dev::loopback_url(config.customer.port);
    config.management.port = options.management_port == 0 ? demo.management_port : options.management_port;
    for (auto* listener : {&config.customer, &config.management}) {
        listener->tls.certificate_chain = folder / "server.pem";
        listener->tls.private_key = folder / "server-key.pem";
    }
    config.encryption_key_file = folder / "encryption.key";
    config.audit.signing_key_file = folder / "audit-signing.key";
    config.vault.root_key_files.push_back(folder / "vault-root.key");
    config.provider.key_sha256 = crypto::sha256(demo.provider_key);
    auto smtp = parse_smtp(options.smtp);
    if (!smtp) return smtp.error();
    config.delivery.smtp = *std::move(smtp);
    for (const auto& network : options.egress_allow) {
        const auto wrong = delivery::problem_of_egress_network(network);
        if (!wrong.empty()) return field_error("--egress-allow", "takes a network such as 127.0.0.0/8: " + wrong);
    }
    config.delivery.egress_allow = options.egress_allow;
    // One tenant on one machine: nobody needs to be kept from another, and tests and benchmarks ask as fast as they
    // can.
    constexpr domain::RateLimit kUnhindered{.rate = 1'000'000, .burst = 10'000'000};
    config.tenants.rates.tenant.fill(kUnhindered);
    config.tenants.rates.failed_logins = kUnhindered;
    config.tenants.rates.sign_ins = kUnhindered;
    return options.config_file.empty() ? parse_config("", "", std::move(config))
                                       : load_config(options.config_file, std::move(config));
}

void use(Config& config, const dev::EmbeddedPostgres& postgres)
{
    config.database.owner_url = postgres.url("postgres");
    config.database.api_url = postgres.url("winnow_api");
    config.database.pipeline_url = postgres.url("winnow_pipeline");
    config.database.provider_url = postgres.url("winnow_provider");
    config.vault.owner_url = postgres.vault_url("postgres");
    config.vault.url = postgres.vault_url("winnow_vault");
}

void migrate(const Config& config)
{
    const auto tell = [](std::size_t done, std::size_t total, std::string_view name) {
        if (!name.empty()) {
            say("migrating " + std::string(name) + " (" + std::to_string(done + 1) + " of " + std::to_string(total) +
                ")");
        }
    };
    const auto migrated = pg::migrate(config.database.owner_url, tell);
    if (!migrated) throw std::runtime_error("cannot migrate: " + migrated.error().message());
    const auto vaults = pg::migrate_vault(config.vault.owner_url, tell);
    if (!vaults) throw std::runtime_error("cannot migrate the vault: " + vaults.error().message());
}

void seed_tenants(dev::Demo& demo, const Config& config, const std::string& receiver_url)
{
    observe::Metrics metrics;
    const pg::Sessions pipeline(session(config.database.pipeline_url, "winnow dev", 1));
    Secrets secrets(config, "winnow dev", pipeline, metrics);
    dev::seed(demo, config.database, receiver_url, secrets.sealing());
}

/// nullptr where it is not wanted, or cannot be: everything else works without it.
std::unique_ptr<dev::Receiver> start_receiver(const DevOptions& options, dev::Demo& demo, Config& config)
{
    if (options.no_receiver) return nullptr;
    try {
        auto receiver = std::make_unique<dev::Receiver>(
            demo.receiver_port, [](const std::string& text) { std::cout << text << std::flush; });
        demo.receiver_port = receiver->port();
        config.delivery.egress_allow.emplace_back(dev::Receiver::kAddress);
        return receiver;
    } catch (const std::runtime_error& failure) {
        say(failure.what());
        return nullptr;
    }
}

/// A port that was ours at the last start, or free a moment ago, may be somebody else's now.
std::unique_ptr<Node> start_node(Config& config, const DevOptions& options)
{
    try {
        return std::make_unique<Node>(config);
    } catch (const std::runtime_error&) {
        const bool is_fixed =
            options.customer_port != 0 && (options.management_port != 0 || config.management.port == 0);
        if (is_fixed) throw;
    }
    if (options.customer_port == 0) {
        const auto before = dev::loopback_url(config.customer.port);
        config.customer.port = free_port();
        if (config.delivery.public_url == before) config.delivery.public_url = dev::loopback_url(config.customer.port);
    }
    if (options.management_port == 0) config.management.port = 0;
    return std::make_unique<Node>(config);
}

}  // namespace

namespace {

int serve_here(const DevOptions& options)
{
    Signals signals;
    dev::StateFolder folder(options.state_dir);
    // The folder has its own always: that is where the command line looks.
    dev::ReadyFile ready({folder / "ready.json", options.ready_file});
    const auto place = dev::place_of_cluster(folder.path());
    dev::remove_left_clusters(place, say);
    if (options.reset) {
        say("forgetting everything in " + folder.path().string());
        dev::remove_cluster(place);
        folder.clear();
    }
    auto demo = dev::Demo::load(folder, options.tenants);
    dev::make_certificates_and_keys(folder);
    auto config = make_config(options, folder, demo);
    if (!config) {
        print_problems(config.error());
        return kWrongConfiguration;
    }
    observe::start_log(config->log.format, config->log.level);
    raise_open_files_limit(*config);

    dev::EmbeddedPostgres postgres(place, say, [&](auto time) { return signals.asked_to_stop_within(time); });
    use(*config, postgres);
    migrate(*config);
    const auto receiver = start_receiver(options, demo, *config);
    seed_tenants(demo, *config, receiver ? receiver->url() : "");
    if (const auto usable = check_database(config->database); !usable)
        throw std::runtime_error(usable.error().message());
    if (const auto usable = check_vault(*config); !usable) throw std::runtime_error(usable.error().message());

    const auto node = start_node(*config, options);
    demo.customer_port = node->customer_port();
    demo.management_port = node->management_port();
    demo.save(folder);
    ready.write(demo, folder / "ca.pem", config->database.owner_url);
    dev::print_what_to_do_next(std::cout, demo, folder / "ca.pem", receiver != nullptr);
    serve_until_signalled(*node, *config, signals);
    return 0;
}

}  // namespace

int run_dev(const DevOptions& options)
{
    try {
        return serve_here(options);
    } catch (const dev::EmbeddedPostgres::GivenUp&) {
        return 0;
    }
}

}  // namespace winnow::app
