#include "smtp_server.hpp"

#include "winnow/crypto/digest.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <stdexcept>

namespace winnow::test {

namespace {

constexpr int kPatienceMs = 10'000;

std::array<int, 2> make_pipe()
{
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe of a test");
    return ends;
}

}  // namespace

SmtpServer::SmtpServer(std::vector<std::string> arguments)
{
    arguments.insert(arguments.begin(), {"/usr/bin/python3", WINNOW_SMTP_SERVER});
    std::vector<char*> raw;
    for (auto& argument : arguments) raw.push_back(argument.data());
    raw.push_back(nullptr);

    const auto input = make_pipe();
    const auto output = make_pipe();
    posix_spawn_file_actions_t actions{};
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
    const int failure = posix_spawn(&process_, raw.front(), &actions, nullptr, raw.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    ::close(input[0]);
    ::close(output[1]);
    input_ = input[1];
    output_ = output[0];
    if (failure != 0) throw std::runtime_error("the SMTP server of a test does not start");
    port_ = static_cast<std::uint16_t>(std::stoi(next_line()));
}

SmtpServer::~SmtpServer()
{
    ::close(input_);  // its sign to end
    ::kill(process_, SIGTERM);
    ::waitpid(process_, nullptr, 0);
    ::close(output_);
}

nlohmann::json SmtpServer::next_mail()
{
    auto mail = nlohmann::json::parse(next_line());
    std::string content;
    if (!crypto::from_base64(mail["content"].get<std::string>(), content)) throw std::runtime_error("mail of a test");
    mail["content"] = content;
    return mail;
}

std::string SmtpServer::next_line()
{
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds{kPatienceMs};
    while (!buffer_.contains('\n')) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        pollfd wait{.fd = output_, .events = POLLIN, .revents = 0};
        std::array<char, 65'536> chunk{};
        if (left.count() <= 0 || ::poll(&wait, 1, static_cast<int>(left.count())) <= 0) {
            throw std::runtime_error("the SMTP server says nothing");
        }
        const auto count = ::read(output_, chunk.data(), chunk.size());
        if (count <= 0) throw std::runtime_error("the SMTP server has gone");
        buffer_.append(chunk.data(), static_cast<std::size_t>(count));
    }
    auto line = buffer_.substr(0, buffer_.find('\n'));
    buffer_.erase(0, line.size() + 1);
    return line;
}

}  // namespace winnow::test
