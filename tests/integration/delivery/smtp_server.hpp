#pragma once

/// @file
/// aiosmtpd as a process of its own, ended with the object.

#include <nlohmann/json.hpp>

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace winnow::test {

class SmtpServer {
public:
    /// @param arguments of smtp_server.py. Throws std::runtime_error where it does not start within ten seconds.
    explicit SmtpServer(std::vector<std::string> arguments = {});
    ~SmtpServer();
    SmtpServer(const SmtpServer&) = delete;
    SmtpServer& operator=(const SmtpServer&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

    /// `{from, to, content, tls, user, peer}` of the next mail, its content decoded; throws std::runtime_error after
    /// ten seconds without one.
    [[nodiscard]] nlohmann::json next_mail();

private:
    [[nodiscard]] std::string next_line();

    pid_t process_ = -1;
    int input_ = -1;
    int output_ = -1;
    std::string buffer_;
    std::uint16_t port_ = 0;
};

}  // namespace winnow::test
