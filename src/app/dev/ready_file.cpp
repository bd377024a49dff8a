#include "app/dev/ready_file.hpp"

#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <ostream>
#include <stdexcept>
#include <system_error>

namespace winnow::app::dev {

namespace fs = std::filesystem;

using nlohmann::json;

namespace {

constexpr std::array kMembers{"customer_url", "management_url", "ca_file", "database_url",
                              "pid",          "provider",       "tenants"};

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

/// Whether it is one that an instance wrote, at whatever time.
bool is_ready_file(const std::string& content)
{
    const auto document = json::parse(content, nullptr, false);
    if (!document.is_object()) return false;
    return std::ranges::all_of(kMembers, [&](const char* member) { return document.contains(member); });
}

[[noreturn]] void refuse(const fs::path& path, const std::string& why)
{
    throw std::runtime_error("the ready file " + path.string() + " cannot be written: " + why);
}

/// It would be replaced when the instance is ready, and removed at the end.
void refuse_what_is_not_ours(const fs::path& path)
{
    std::error_code failure;
    const auto type = fs::symlink_status(path, failure).type();
    if (type == fs::file_type::not_found) return;
    if (type == fs::file_type::directory) refuse(path, "it is a folder; name a file in it");
    if (type == fs::file_type::none) refuse(path, failure.message());
    const bool ours = type == fs::file_type::regular && is_ready_file(read_file(path));
    if (!ours) {
        refuse(path,
               "something is there that `winnow dev` did not write, and it would be lost; name another place, or "
               "move it away");
    }
}

void refuse_unwritable(const fs::path& path)
{
    const auto parent = path.parent_path();
    auto probe = path.string() + ".XXXXXX";
    const int file = ::mkostemp(probe.data(), O_CLOEXEC);
    if (file < 0) refuse(path, parent.string() + ": " + std::generic_category().message(errno));
    ::close(file);
    ::unlink(probe.c_str());
}

}  // namespace

std::string loopback_url(std::uint16_t port)
{
    return "https://127.0.0.1:" + std::to_string(port);
}

ReadyFile::ReadyFile(const std::vector<fs::path>& paths)
{
    for (const auto& path : paths) {
        if (!path.empty()) paths_.push_back(fs::absolute(path));
    }
    for (const auto& path : paths_) {
        refuse_what_is_not_ours(path);
        refuse_unwritable(path);
    }
    for (const auto& path : paths_) fs::remove(path);
}

ReadyFile::~ReadyFile()
{
    if (written_.empty()) return;
    for (const auto& path : paths_) {
        std::error_code ignored;
        // Somebody may have put something else there since, as another instance that was given the same name.
        const bool file = fs::symlink_status(path, ignored).type() == fs::file_type::regular;
        if (file && read_file(path) == written_) fs::remove(path, ignored);
    }
}

void ReadyFile::write(const Demo& demo, const std::filesystem::path& authority, const std::string& database_url)
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
    for (const auto& path : paths_) refuse_what_is_not_ours(path);
    written_ = ready.dump(2) + "\n";
    for (const auto& path : paths_) write_private_file(path, written_);
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
