#include "app/dev/ready_file.hpp"

#include <nlohmann/json.hpp>

#include <unistd.h>

#include <ostream>
#include <system_error>
#include <utility>

namespace winnow::app::dev {

using nlohmann::json;

namespace {

std::string loopback_url(std::uint16_t port)
{
    return "https://127.0.0.1:" + std::to_string(port);
}

json as_json(const DemoTenant& tenant)
{
    auto users = json::object();
    for (const auto& user : tenant.users) users[user.role] = {{"email", user.email}, {"key", user.key}};
    return {{"tenant_id", tenant.id},
            {"service_code", tenant.service_code},
            {"name", tenant.name},
            {"integration",
             {{"integration_id", tenant.integration_id},
              {"key", tenant.integration_key},
              {"token", tenant.integration_key}}},  // the same secret, for senders that can set nothing but a URL
            {"users", users}};
}

}  // namespace

ReadyFile::ReadyFile(const std::vector<std::filesystem::path>& paths)
{
    for (const auto& path : paths) {
        if (!path.empty()) paths_.push_back(std::filesystem::absolute(path));
    }
    for (const auto& path : paths_) std::filesystem::remove(path);
}

ReadyFile::~ReadyFile()
{
    std::error_code ignored;
    for (const auto& path : paths_) std::filesystem::remove(path, ignored);
}

void ReadyFile::write(const Demo& demo, const std::filesystem::path& authority, const std::string& database_url) const
{
    auto tenants = json::array();
    for (const auto& tenant : demo.tenants) tenants.push_back(as_json(tenant));
    const json ready = {{"customer_url", loopback_url(demo.customer_port)},
                        {"management_url", loopback_url(demo.management_port)},
                        {"ca_file", authority.string()},
                        {"database_url", database_url},
                        {"pid", getpid()},
                        {"provider", {{"key", demo.provider_key}}},
                        {"tenants", tenants}};
    for (const auto& path : paths_) write_private_file(path, ready.dump(2) + "\n");
}

void print_what_to_do_next(std::ostream& out, const Demo& demo, const std::filesystem::path& authority,
                           bool has_receiver)
{
    const auto& tenant = demo.tenants.front();
    const auto url = loopback_url(demo.customer_port);
    std::string admin;
    for (const auto& user : tenant.users) {
        if (user.role == "admin") admin = user.key;
    }
    const auto curl = "curl --cacert " + authority.string() + " -H 'Authorization: Bearer ";
    out << "\nWinnow serves at " << url << " (tenants: " << demo.tenants.size()
        << "; Ctrl-C stops it). Paste into another shell:\n\n"
        << "# send an alert\n"
        << curl << tenant.integration_key << "' -H 'Content-Type: application/json' \\\n  " << url
        << "/api/v1/alerts -d '{\"title\": \"disk full\", \"severity\": \"critical\", \"source\": \"db-7\"}'\n\n"
        << "# see the ticket it became\n"
        << curl << admin << "' " << url << "/api/v1/tickets\n\n"
        << "# write a rule: what comes from a test system is dropped\n"
        << curl << admin << "' -H 'Content-Type: application/json' \\\n  " << url
        << "/api/v1/rules -d '{\"name\": \"no test systems\", \"syntax\": \"matchers\", \"condition\": "
           "\"env=\\\"test\\\"\", "
           "\"actions\": [{\"type\": \"drop\"}]}'\n\n"
        << "The same by hand: winnow alert send --help, winnow ticket list, winnow rules list.\n";
    if (has_receiver) out << "What people are told is printed here, until you give them contacts of their own.\n";
    out << std::endl;
}

}  // namespace winnow::app::dev
