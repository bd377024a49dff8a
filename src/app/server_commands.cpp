#include "app/server_commands.hpp"

#include "app/commands.hpp"

#include <memory>

namespace winnow::app {

namespace {

void add_dev(cli::Syntax& root, cli::Command& chosen)
{
    auto* command = root.add_subcommand("dev", "Run everything here on loopback, with a PostgreSQL of its own");
    auto options = std::make_shared<DevOptions>();
    command->add_option("--state-dir", options->state_dir, "Where database, keys and certificates are kept")
        ->capture_default_str();
    command->add_option("--ready-file", options->ready_file, "Written when ready, besides STATE_DIR/ready.json");
    command->add_option("--customer-port", options->customer_port, "Port of the customer listener; 0: any free one")
        ->capture_default_str();
    command->add_option("--management-port", options->management_port, "Port of the management listener; 0: any")
        ->capture_default_str();
    command->add_option("--tenants", options->tenants, "How many demo tenants")->range(1, 1'000)->capture_default_str();
    command->add_option("--smtp", options->smtp, "HOST:PORT of a mail server for notifications");
    command->add_option("--egress-allow", options->egress_allow, "A network that webhooks may go to, e.g. 127.0.0.0/8");
    command->add_option("--config", options->config_file, "A configuration file over the development defaults");
    command->add_flag("--reset", options->reset, "Begin anew: forget everything in the state folder");
    command->add_flag("--no-receiver", options->no_receiver,
                      "Without the webhook receiver that prints here what people would be told");
    command->footer(
        "Examples:\n"
        "  winnow dev\n"
        "  winnow dev --state-dir /tmp/w --customer-port 0 --management-port 0 --egress-allow 127.0.0.0/8");
    command->callback([&chosen, options] {
        chosen = [options] {
            return run_dev(*options);
        };
    });
}

void add_serve(cli::Syntax& root, cli::Command& chosen)
{
    auto* command = root.add_subcommand("serve", "Serve with a PostgreSQL that somebody operates");
    auto file = std::make_shared<std::string>("config/winnow.yaml");
    command->add_option("--config,FILE", *file, "The configuration file")->capture_default_str();
    command->footer("Example:\n  winnow serve --config /etc/winnow/winnow.yaml");
    command->callback([&chosen, file] {
        chosen = [file] {
            return run_serve(*file);
        };
    });
}

void add_migrate(cli::Syntax& root, cli::Command& chosen)
{
    struct Arguments {
        std::string config = "config/winnow.yaml";
        std::string url;
        std::string vault_url;
    };
    auto* command = root.add_subcommand("migrate", "Bring the database, and the vault, to this program's schema");
    auto arguments = std::make_shared<Arguments>();
    command->add_option("--config,FILE", arguments->config, "The configuration file (its owner_url keys)")
        ->capture_default_str();
    command->add_option("--url", arguments->url, "Use this database instead");
    command->add_option("--vault-url", arguments->vault_url, "And this one for the vault");
    command->footer("Example:\n  winnow migrate --url postgresql://postgres@db.internal/winnow");
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return run_migrate(arguments->config, arguments->url, arguments->vault_url);
        };
    });
}

void add_config(cli::Syntax& root, cli::Command& chosen)
{
    struct Arguments {
        std::string file = "config/winnow.yaml";
        bool json = false;
    };
    auto* config = root.add_subcommand("config", "Look at a configuration");
    config->require_subcommand();
    auto* check = config->add_subcommand("check", "Say what is wrong with a configuration file, all of it at once");
    auto arguments = std::make_shared<Arguments>();
    check->add_option("--config,FILE", arguments->file, "The configuration file")->capture_default_str();
    check->add_flag("--json", arguments->json, "For scripts");
    check->footer("Example:\n  winnow config check /etc/winnow/winnow.yaml");
    check->callback([&chosen, arguments] {
        chosen = [arguments] {
            return run_config_check(arguments->file, arguments->json);
        };
    });
}

}  // namespace

void add_server_commands(cli::Syntax& root, cli::Command& chosen)
{
    add_dev(root, chosen);
    add_serve(root, chosen);
    add_migrate(root, chosen);
    add_config(root, chosen);
}

}  // namespace winnow::app
