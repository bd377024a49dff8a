#pragma once

/// @file
/// The sub-commands that run something on this machine; server_commands.hpp makes them a part of the command line.

#include <cstdint>
#include <string>
#include <vector>

namespace winnow::app {

/// `winnow dev`, as api.md §6 has it.
struct DevOptions {
    std::string state_dir = ".winnow";
    std::string ready_file;              ///< "" : <state_dir>/ready.json.
    std::uint16_t customer_port = 8443;  ///< 0: the kernel chooses; kept in the state folder for later starts.
    std::uint16_t management_port = 9443;
    std::size_t tenants = 1;
    std::string smtp;  ///< HOST:PORT, plain SMTP of a test server; "" : no mail.
    std::vector<std::string> egress_allow;
    std::string config_file;   ///< Merged over the development defaults.
    bool reset = false;        ///< Begin with an empty state folder.
    bool no_receiver = false;  ///< Without the receiver that prints what people would be told.
};

// Each returns the process's exit status: 0 done, 1 failed (said on standard error), 2 wrong usage or configuration.
[[nodiscard]] int run_dev(const DevOptions& options);
[[nodiscard]] int run_serve(const std::string& config_file);
[[nodiscard]] int run_migrate(const std::string& config_file, const std::string& url, const std::string& vault_url);
[[nodiscard]] int run_config_check(const std::string& config_file, bool json);

}  // namespace winnow::app
